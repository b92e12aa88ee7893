public import Foundation
import GRDB
public import Jobs

/// The number of some files and the sum of their lengths.
public struct FileTotals: Sendable, Equatable {
    /// How many files.
    public var files = 0
    /// The sum of their lengths.
    public var bytes = 0

    /// By default, no files.
    public init(files: Int = 0, bytes: Int = 0) {
        self.files = files
        self.bytes = bytes
    }
}

extension Journal {
    /// The object ids of all job files: nil for a job that has no file and is still in force.
    public func files() async throws -> [JobKey: String?] {
        try await pool.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT cluster, partition, id, blob FROM job WHERE blob IS NOT NULL OR applied IS NOT NULL"
            )
            var files: [JobKey: String?] = [:]
            while let row = try rows.next() {
                let key = try row.key()
                files.updateValue(try row.value("blob"), forKey: key)
            }
            return files
        }
    }

    /// The issues, in the journal's form, of files that are unusable because of their text or their code.
    public func unusableFiles() async throws -> [JobKey: String] {
        try await pool.read { database in
            // Without the hint, SQLite reads all jobs.
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, issues FROM job INDEXED BY job_held
                    WHERE ((blob IS NOT NULL AND desired IS NULL) OR kept IS NOT NULL) AND blob IS NOT NULL
                    """
            )
            let files = rows.map { row in
                (JobKey(cluster: row["cluster"], partition: row["partition"], id: row["id"]), row["issues"] as String)
            }
            return Dictionary(files) { $1 }
        }
    }

    /// The totals of job files.
    ///
    /// - Parameter keys: the jobs, which are fetched one by one; nil for all.
    public func fileTotals(of keys: [JobKey]? = nil) async throws -> FileTotals {
        try await pool.read { database in
            guard let keys else {
                let row = try Row.fetchOne(
                    database,
                    sql: "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM job WHERE blob IS NOT NULL"
                )
                return FileTotals(files: try row?.value("files") ?? 0, bytes: try row?.value("bytes") ?? 0)
            }
            let statement = try database.cachedStatement(
                sql: "SELECT size FROM job WHERE cluster = ? AND partition = ? AND id = ? AND blob IS NOT NULL"
            )
            return try keys.reduce(into: FileTotals()) { totals, key in
                guard let size = try Int.fetchOne(statement, arguments: [key.cluster, key.partition, key.id]) else {
                    return
                }
                totals.files += 1
                totals.bytes += size
            }
        }
    }

    /// How many jobs of each cluster have a file or are in force.
    public func jobCounts() async throws -> [String: Int] {
        try await pool.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, count(*) AS jobs FROM job WHERE blob IS NOT NULL OR applied IS NOT NULL GROUP BY cluster
                    """
            )
            return try rows.reduce(into: [:]) { $0[try $1.value("cluster")] = try $1.value("jobs") as Int }
        }
    }

    /// Whether no job has a file and some are kept nevertheless.
    public func isEmptied() async throws -> Bool {
        try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM job WHERE kept IS NOT NULL)
                        AND NOT EXISTS (SELECT 1 FROM job WHERE blob IS NOT NULL)
                    """
            ) ?? false
        }
    }

    /// The ids of all clusters that jobs name, sorted.
    public func clusterIDs() async throws -> [String] {
        try await pool.read { database in
            // From one to the next by the index `job_shown`: each may have many jobs.
            let sql = "SELECT min(cluster) FROM job WHERE \(JobRecord.isShownSQL) AND cluster > ?"
            return try Self.clusters(database, sql)
        }
    }

    /// The clusters with jobs whose newest change has not been carried out, sorted.
    public func dirtyClusters() async throws -> [String] {
        try await pool.read { database in
            // From one to the next by the index `job_dirty`: many jobs may wait in each.
            try Self.clusters(database, "SELECT min(cluster) FROM job WHERE dirty IS NOT NULL AND cluster > ?")
        }
    }

    /// - Parameter sql: finds the first cluster after another one.
    private static func clusters(_ database: Database, _ sql: String) throws -> [String] {
        var clusters: [String] = []
        while let next = try String.fetchOne(database, sql: sql, arguments: [clusters.last ?? ""]) {
            try StoredValueFault.check(next, after: clusters.last)
            clusters.append(next)
        }
        return clusters
    }
}

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
