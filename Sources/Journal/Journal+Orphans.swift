public import Foundation
import GRDB
public import Jobs

/// A job that was taken over from a backend and has no file: the journal was lost, and it is not known whether its delete was held.
public struct Orphan: Sendable, Equatable {
    /// The job.
    public let key: JobKey
    /// The commit that its newest run was started from.
    public let commit: String
    /// Whether its newest run is stopped or over.
    public let isAtRest: Bool
}

extension Journal {
    /// The jobs that have no file and of which nothing is planned or held, sorted.
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

    /// Makes orphans be deleted, or held.
    ///
    /// - Parameters:
    ///   - orphans: each with why it is held, nil where it isn't.
    ///   - commit: the newest commit, which has no file of them.
    ///   - now: the time to note.
    public func judge(_ orphans: [(key: JobKey, reason: String?)], at commit: String, now: Date) async throws {
        try await write { database in
            var intake = try Intake(database: database, commit: commit, now: now)
            try intake.take(
                orphans.map { orphan in
                    let content = orphan.reason.map(JobFileChange.Content.kept) ?? .gone
                    return JobFileChange(key: orphan.key, content: content, attribution: nil)
                }
            )
        }
    }
}
