public import Foundation
import GRDB
public import Jobs

/// A commit whose tree the service has read.
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

/// A job file that a commit added, changed or removed.
public struct JobFileChange: Sendable {
    /// What is at the path now.
    public enum Content: Sendable {
        case gone
        /// `job` is nil where the file can't be used; the issues say why.
        case file(blob: String, job: Job?, issues: [Issue])
    }

    /// The job that the file defines.
    public let key: JobKey
    /// What is at the path at the new commit.
    public let content: Content
    /// What is empty or nil in it leaves what is known, as nil does for all of it.
    public let attribution: Attribution?

    /// A change to be taken in with ``Journal/takeIn(_:changes:strays:now:)``.
    public init(key: JobKey, content: Content, attribution: Attribution?) {
        self.key = key
        self.content = content
        self.attribution = attribution
    }
}

extension Journal {
    /// The newest commit that was taken in; nil before the first.
    public func head() async throws -> String? {
        try await pool.read { try String.fetchOne($0, sql: "SELECT value FROM service WHERE name = 'head'") }
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
                let key = JobKey(cluster: row["cluster"], partition: row["partition"], id: row["id"])
                files.updateValue(row["blob"], forKey: key)
            }
            return files
        }
    }

    /// The ids of all clusters that jobs name, sorted.
    public func clusterIDs() async throws -> [String] {
        try await pool.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT DISTINCT cluster FROM job WHERE blob IS NOT NULL OR applied IS NOT NULL ORDER BY cluster"
            )
        }
    }

    /// Takes in a commit: from here on it is the one that counts, and every job whose file it changed waits to be planned.
    ///
    /// - Parameters:
    ///   - commit: the newest commit of the branch.
    ///   - changes: the job files that differ from the commit that was taken in before.
    ///   - strays: for each path below `clusters/` that changed and is no job's: its issues, empty where it is fine or gone.
    ///   - now: the time to note.
    public func takeIn(
        _ commit: CommitRecord,
        changes: [JobFileChange],
        strays: [String: [Issue]] = [:],
        now: Date
    ) async throws {
        try await pool.write { database in
            try database.execute(
                sql: #"INSERT INTO "commit" (sha, author, message, seen) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"#,
                arguments: [commit.sha, commit.author, commit.message, now]
            )
            for change in changes {
                try Self.takeIn(change, of: commit.sha, in: database)
            }
            for (path, issues) in strays {
                try database.execute(sql: "DELETE FROM stray WHERE path = ?", arguments: [path])
                guard !issues.isEmpty else { continue }
                try database.execute(
                    sql: "INSERT INTO stray (path, issues) VALUES (?, ?)",
                    arguments: [path, StoredValue.text(issues)]
                )
            }
            try Self.set("head", to: commit.sha, in: database)
        }
    }

    private static func takeIn(_ change: JobFileChange, of commit: String, in database: Database) throws {
        let (blob, job, issues): (String?, Job?, [Issue]) =
            switch change.content {
            case .gone: (nil, nil, [])
            case .file(let blob, let job, let issues): (blob, job, issues)
            }
        let key = change.key
        try database.execute(
            sql: """
                INSERT INTO job (cluster, partition, id, blob, desired, issues, dirty, name)
                VALUES (:cluster, :partition, :id, :blob, :desired, :issues, :commit, coalesce(:name, :id))
                ON CONFLICT DO UPDATE SET blob = :blob, desired = :desired, issues = :issues, fault = NULL, dirty = :commit,
                    phase = CASE WHEN applied IS NULL THEN 'pending' ELSE phase END,
                    status = CASE WHEN applied IS NULL THEN '{}' ELSE status END,
                    name = CASE WHEN :desired IS NULL THEN name ELSE coalesce(:name, :id) END
                """,
            arguments: [
                "cluster": key.cluster, "partition": key.partition, "id": key.id,
                "blob": blob, "desired": try StoredJob.text(job), "issues": try StoredValue.text(issues),
                "commit": commit, "name": job?.name,
            ]
        )
        if let attribution = change.attribution {
            try set(attribution, of: key, in: database)
        }
    }

    private static func set(_ attribution: Attribution, of key: JobKey, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE job SET uid = coalesce(nullif(?, ''), uid), created = coalesce(?, created),
                    updated = coalesce(?, updated), "commit" = coalesce(nullif(?, ''), "commit")
                WHERE cluster = ? AND partition = ? AND id = ?
                """,
            arguments: [
                attribution.uid, attribution.created, attribution.updated, attribution.commit,
                key.cluster, key.partition, key.id,
            ]
        )
    }

    static func set(_ name: String, to value: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO service (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [name, value]
        )
    }
}
