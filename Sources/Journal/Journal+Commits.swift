public import Foundation
import GRDB
public import Jobs

/// A commit that reached the branch.
public struct CommitRecord: Sendable, Equatable {
    /// 40 hexadecimal digits.
    public let sha: String
    /// The author's mail address.
    public let author: String
    /// The whole message, trailers too.
    public let message: String

    /// Takes what git says of the commit.
    public init(sha: String, author: String, message: String) {
        self.sha = sha
        self.author = author
        self.message = message
    }
}

/// How many files there are, and how many bytes they have together.
public struct FileTotals: Sendable, Equatable {
    /// How many.
    public var files = 0
    /// The sum of their lengths.
    public var bytes = 0

    /// Nothing, unless said otherwise.
    public init(files: Int = 0, bytes: Int = 0) {
        self.files = files
        self.bytes = bytes
    }
}

extension Journal {
    /// The newest commit that was taken in; nil before the first.
    public func head() async throws -> String? {
        try await pool.read { try Self.head(in: $0) }
    }

    /// All jobs that have a file or something in force: the object id of the file, nil where it is gone.
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

    /// The jobs whose file can't be used, for what it says or for its code, each with the file's issues in the journal's form.
    public func unusableFiles() async throws -> [JobKey: String] {
        try await pool.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, issues FROM job
                    WHERE ((blob IS NOT NULL AND desired IS NULL) OR kept IS NOT NULL) AND blob IS NOT NULL
                    """
            )
            let files = rows.map { row in
                (JobKey(cluster: row["cluster"], partition: row["partition"], id: row["id"]), row["issues"] as String)
            }
            return Dictionary(files) { $1 }
        }
    }

    /// How many job files there are, and how many bytes they have.
    ///
    /// - Parameter keys: only those of some jobs; nil for all, which are looked at one by one.
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

    /// How many jobs of each cluster have a file or something in force.
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

    /// Whether no job has a file any more, and some are kept nevertheless.
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
            var clusters: [String] = []
            while let next = try String.fetchOne(database, sql: sql, arguments: [clusters.last ?? ""]) {
                try StoredValueFault.check(next, after: clusters.last)
                clusters.append(next)
            }
            return clusters
        }
    }

    /// Takes in a commit: from here on it is the one that counts, and every job whose file it changed waits to be planned.
    ///
    /// What older commits changed in the same files and was not begun yet is superseded.
    ///
    /// - Parameters:
    ///   - commit: the newest commit of the branch.
    ///   - skipped: commits that reached the branch with it and are never planned themselves.
    ///   - changes: the job files that differ from the commit that was taken in before.
    ///   - strays: for each path below `clusters/` that changed and is no job's: its issues, empty where it is fine or gone.
    ///   - notes: what the commit's report says besides, of the commit itself.
    ///   - approvesPruning: whether deletes that earlier commits left held are carried out now.
    ///   - now: the time to note.
    public func takeIn(
        _ commit: CommitRecord,
        skipped: [CommitRecord] = [],
        changes: [JobFileChange],
        strays: [String: [Issue]] = [:],
        notes: [Issue] = [],
        approvesPruning: Bool = false,
        now: Date
    ) async throws {
        let isFirst = try await head() == nil
        try await withRoom(for: changes.count) {
            try await intake(commit, skipped: skipped, changes, strays: strays, notes, approvesPruning, now: now)
        }
        if !isFirst, garbage.isMany(after: changes) {
            try await write(named: "removeUnused") { try Definitions.removeUnused(in: $0) }
        }
    }

    private func intake(
        _ commit: CommitRecord,
        skipped: [CommitRecord],
        _ changes: [JobFileChange],
        strays: [String: [Issue]],
        _ notes: [Issue],
        _ approvesPruning: Bool,
        now: Date
    ) async throws {
        try await write(named: "takeIn") { database in
            for skipped in skipped {
                try Self.insert(skipped, isSuperseded: true, now: now, in: database)
            }
            try Self.insert(commit, isSuperseded: false, now: now, in: database)
            var intake = try Intake(database: database, commit: commit.sha, now: now)
            // First, so that what this commit holds stays held.
            if approvesPruning {
                try intake.releaseDeletes()
            }
            try intake.take(changes)
            for (path, issues) in strays {
                try intake.take(stray: path, issues)
            }
            intake.take(notes: notes)
            try intake.checkDependencies()
            try intake.noteIssues()
            try Self.set("head", to: commit.sha, in: database)
        }
    }

    /// Notes that a commit reached the branch and is not applied; the one before stays in force.
    ///
    /// - Parameter reason: a part of a sentence, which the commit's report has as an issue of `clusters` behind "commit … is not applied".
    public func refuse(_ commit: CommitRecord, because reason: String, now: Date) async throws {
        try await write { database in
            try Self.insert(commit, isSuperseded: false, now: now, in: database)
            let issue = Issue(path: "clusters", severity: .error, message: Self.refusal(of: commit.sha) + reason)
            try database.execute(
                sql: #"UPDATE "commit" SET issues = ? WHERE sha = ?"#,
                arguments: [try StoredValue.text([issue]), commit.sha]
            )
        }
    }

    /// How the reason of a refusal begins.
    static func refusal(of sha: String) -> String { "commit \(sha) is not applied" }

    /// A commit that comes back, after the branch was set to another, is planned again.
    private static func insert(
        _ commit: CommitRecord,
        isSuperseded: Bool,
        now: Date,
        in database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO "commit" (sha, author, message, seen, superseded) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET superseded = superseded AND excluded.superseded
                """,
            arguments: [commit.sha, commit.author, commit.message, now, isSuperseded]
        )
    }

    static func set(_ name: String, to value: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO service (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [name, value]
        )
    }
}
