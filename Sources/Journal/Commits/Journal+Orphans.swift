public import Foundation
import GRDB
public import Jobs

/// A job that was adopted from a backend and has no file. The journal was lost, so nobody knows whether its delete was held.
public struct Orphan: Sendable, Equatable {
    /// The job.
    public let key: JobKey
    /// The commit of the job file that its newest run was started with.
    public let commit: String
    /// Whether its newest run is stopped or over.
    public let isAtRest: Bool
}

extension Journal {
    /// The jobs without a file for which nothing is planned or held, sorted.
    public func orphans() async throws -> [Orphan] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, "commit", phase FROM job
                    WHERE blob IS NULL AND applied IS NOT NULL AND kept IS NULL AND dirty IS NULL AND fault IS NULL
                    ORDER BY cluster, partition, id
                    """
            ).map { row in
                let phase: Phase = try row.word("phase") ?? .unknown
                return Orphan(
                    key: try row.key(),
                    commit: try row.value("commit"),
                    isAtRest: phase.isFinal || phase == .suspended
                )
            }
        }
    }

    /// Lets orphans be deleted, or holds their deletes.
    ///
    /// - Parameters:
    ///   - orphans: each with the reason to hold it; nil to delete it.
    ///   - commit: the newest commit, which has no file of these jobs.
    ///   - now: the time to record.
    public func judgeOrphans(_ orphans: [(key: JobKey, reason: String?)], at commit: String, now: Date) async throws {
        try await write { database in
            var intake = try Intake(database: database, commit: commit, now: now)
            try intake.storeChanges(
                orphans.map { orphan in
                    let content = orphan.reason.map(JobFileChange.Content.kept) ?? .gone
                    return JobFileChange(key: orphan.key, content: content, attribution: nil)
                }
            )
        }
    }
}
