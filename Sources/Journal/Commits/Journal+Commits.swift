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

    /// The commit as git has it.
    public init(sha: String, author: String, message: String) {
        self.sha = sha
        self.author = author
        self.message = message
    }
}

extension Journal {
    /// The newest commit that was recorded; nil before the first.
    public func head() async throws -> String? {
        try await pool.read { try Self.head(in: $0) }
    }

    /// Records a commit as the newest one. The jobs whose files it changed wait to be planned.
    ///
    /// Actions of older commits on the same jobs that have not begun are superseded.
    ///
    /// - Parameters:
    ///   - commit: the newest commit of the branch.
    ///   - skipped: the commits that reached the branch with it and are never planned themselves.
    ///   - changes: the job files that differ from the commit that was recorded before.
    ///   - strays: the issues of each changed path below `clusters/` that belongs to no job; empty if it is fine or gone.
    ///   - notes: the issues of the commit itself.
    ///   - codeFolders: the folders of code that differ, as ``codeFolders(limit:)`` has them.
    ///   - approvesPruning: whether held deletes of earlier commits are carried out.
    ///   - now: the time to record.
    public func recordCommit(
        _ commit: CommitRecord,
        skipped: [CommitRecord] = [],
        changes: [JobFileChange],
        strays: [String: [Issue]] = [:],
        notes: [Issue] = [],
        codeFolders: [String] = [],
        approvesPruning: Bool = false,
        now: Date
    ) async throws {
        let isFirst = try await head() == nil
        try await withRoom(for: changes.count) {
            try await write(
                commit,
                skipped: skipped,
                changes,
                strays: strays,
                notes,
                codeFolders,
                approvesPruning,
                now: now
            )
        }
        if !isFirst, garbage.isMany(after: changes) {
            try await write(named: "removeUnused") { try Definitions.removeUnused(in: $0) }
        }
    }

    private func write(
        _ commit: CommitRecord,
        skipped: [CommitRecord],
        _ changes: [JobFileChange],
        strays: [String: [Issue]],
        _ notes: [Issue],
        _ codeFolders: [String],
        _ approvesPruning: Bool,
        now: Date
    ) async throws {
        try await write(named: "recordCommit") { database in
            for skipped in skipped {
                try Self.insert(skipped, isSuperseded: true, now: now, in: database)
            }
            try Self.insert(commit, isSuperseded: false, now: now, in: database)
            var intake = try Intake(database: database, commit: commit.sha, now: now)
            // First, so that the deletes that this commit holds stay held.
            if approvesPruning {
                try intake.releaseDeletes()
            }
            try intake.storeChanges(changes)
            for (path, issues) in strays {
                try intake.storeStray(path, issues)
            }
            intake.addNotes(notes)
            try CodeChanges.store(codeFolders, commit: commit.sha, now: now, in: database)
            try intake.checkDependencies()
            try intake.storeIssues()
            try Self.setServiceValue("head", to: commit.sha, in: database)
        }
    }

    /// Records that a commit reached the branch and is not applied. The one before stays in force.
    ///
    /// - Parameter reason: the rest of the sentence "commit … is not applied", an issue of the commit's report.
    public func recordRefusal(of commit: CommitRecord, because reason: String, now: Date) async throws {
        try await write { database in
            try Self.insert(commit, isSuperseded: false, now: now, in: database)
            let issue = Issue(path: JobPath.root, severity: .error, message: Self.refusal(of: commit.sha) + reason)
            try database.execute(
                sql: #"UPDATE "commit" SET issues = ? WHERE sha = ?"#,
                arguments: [try StoredValue.text([issue]), commit.sha]
            )
        }
    }

    /// The begin of the issue of a refused commit.
    static func refusal(of sha: String) -> String { "commit \(sha) is not applied" }

    /// Inserts a commit. One that comes back, after the branch was set to another, is planned again.
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

    static func setServiceValue(_ name: String, to value: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO service (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [name, value]
        )
    }
}

/// A job file whose last commit is known, and its author is not.
public struct UnknownAuthor: Sendable, Equatable {
    /// The job of the file.
    public let key: JobKey
    /// The commit that last changed the file.
    public let commit: String
}

extension Journal {
    /// The job files whose authors an earlier version did not record, sorted.
    public func unknownAuthors() async throws -> [UnknownAuthor] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, "commit" FROM job
                    WHERE author = '' AND "commit" <> '' AND blob IS NOT NULL ORDER BY cluster, partition, id
                    """
            ).map { UnknownAuthor(key: try $0.key(), commit: try $0.commit("commit") ?? "") }
        }
    }

    /// Records the authors of commits, each the mail address, at the job files that they last changed.
    public func recordAuthors(_ authors: [(file: UnknownAuthor, author: String)]) async throws {
        try await write { database in
            for (file, author) in authors {
                try database.executeCached(
                    sql: """
                        UPDATE job SET author = ? WHERE cluster = ? AND partition = ? AND id = ? AND "commit" = ?
                        """,
                    arguments: [author, file.key.cluster, file.key.partition, file.key.id, file.commit]
                )
            }
        }
    }
}
