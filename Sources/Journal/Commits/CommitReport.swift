public import Foundation
import GRDB
public import Jobs

/// The report on a commit: its actions and issues.
public struct CommitReport: Sendable, Equatable {
    /// How far the commit got.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Something is left to do.
        case pending
        /// Everything is done, or there was nothing to do.
        case applied
        /// Some is done, and some is held or failed.
        case partial
        /// Nothing is done, and something is held.
        case held
        /// A newer commit was planned instead of all or some of it.
        case superseded
    }

    /// What the commit does to one job.
    public struct Action: Sendable, Equatable {
        /// The job.
        public let key: JobKey
        /// Nil before it is planned; `hold` while it waits for another try.
        public let kind: ActionKind?
        /// The run that is in force after it; nil before it is planned.
        public let run: Int?
        /// Nil while it is under way; `held` while it waits for another try.
        public let result: ActionResult?
        /// Why it is tried again or failed, or for which jobs it waits.
        public let error: String?

        /// Whether the job waits for other jobs.
        public var isWaiting: Bool { result == nil && error != nil }
    }

    /// The commit.
    public let commit: CommitRecord
    /// When the service first saw it.
    public let seen: Date
    /// How far the commit got.
    public let state: State
    /// The actions by job; a job has several if its run vanished and was started again.
    public let actions: [Action]
    /// The issues of the files that it changed, and of those that depend on them.
    public let issues: [Issue]
}

extension CommitReport {
    /// Whether the commit was refused, see ``Journal/recordRefusal(of:because:now:)``.
    public var isRefusal: Bool {
        issues.contains { issue in
            issue.path == JobPath.root && issue.severity == .error
                && issue.message.hasPrefix(Journal.refusal(of: commit.sha))
        }
    }
}

extension JournalReader {
    /// The report on a commit.
    ///
    /// - Parameter name: the hexadecimal digits of its id, or the first 4 or more of them, in lower case.
    /// - Returns: nil if the service has not seen such a commit on the branch.
    /// - Throws: ``AmbiguousCommit`` if several commits begin with the digits.
    public func commit(_ name: String) async throws -> CommitReport? {
        guard (4...64).contains(name.count), name.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            return nil
        }
        return try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: #"SELECT * FROM "commit" WHERE sha >= :name AND sha < :name || 'g' LIMIT 2"#,
                arguments: ["name": name]
            )
            guard rows.count < 2 else { throw AmbiguousCommit(name: name) }
            return try rows.first.map { try CommitReport($0, database) }
        }
    }
}

/// Digits with which the ids of several commits begin.
public struct AmbiguousCommit: Error {
    /// The digits.
    public let name: String
}

extension CommitReport {
    /// The part of the report on some jobs, with the state of that part.
    ///
    /// Author and message are left out if the commit concerns none of these jobs.
    public func limited(to isIncluded: (JobKey) -> Bool) -> CommitReport {
        let actions = actions.filter { isIncluded($0.key) }
        let issues = issues.filter { issue in
            switch JobPath(issue.path) {
            case .job(let key): isIncluded(key)
            case .ignored: !issue.path.hasPrefix("clusters/")
            case .stray, .lookalike: false
            }
        }
        let isConcerned = !actions.isEmpty || issues.contains { JobPath($0.path) != .ignored }
        return CommitReport(
            commit: isConcerned ? commit : CommitRecord(sha: commit.sha, author: "", message: ""),
            seen: seen,
            state: state == .superseded
                ? state
                : Self.state(
                    of: actions.filter { !$0.isWaiting }.map(\.result),
                    hasErrors: issues.contains { $0.severity == .error }
                ),
            actions: actions,
            issues: issues
        )
    }

    fileprivate init(_ row: Row, _ database: Database) throws {
        commit = CommitRecord(
            sha: try row.value("sha"),
            author: try row.value("author"),
            message: try row.value("message")
        )
        seen = try row.time("seen") ?? .distantPast
        issues = try StoredValue.read([Issue].self, from: try row.value("issues"))
        actions = try Row.fetchAll(
            database,
            sql: #"SELECT * FROM action WHERE "commit" = ? ORDER BY cluster, partition, id, number"#,
            arguments: [commit.sha]
        ).map(Action.init)
        let hasErrors = issues.contains { $0.severity == .error }
        // Later events start a job that waits for others. The commit has nothing more to do.
        let settled = actions.filter { !$0.isWaiting }
        state = try row.value("superseded") ? .superseded : Self.state(of: settled.map(\.result), hasErrors: hasErrors)
    }

    private static func state(of results: [ActionResult?], hasErrors: Bool) -> State {
        let results = Set(results)
        if results.contains(nil) { return .pending }
        if results.contains(.superseded) { return .superseded }
        // A path that belongs to no job has an error and no action.
        let isHeld = results.contains(.held) || hasErrors
        guard isHeld || results.contains(.failed) else { return .applied }
        return results.contains(.done) || results.contains(.failed) ? .partial : .held
    }
}

extension CommitReport.Action {
    fileprivate init(_ row: Row) throws {
        let (kind, result): (ActionKind?, ActionResult?) = (try row.word("kind"), try row.word("result"))
        self.init(
            key: try row.key(),
            kind: result == .held ? .hold : kind,
            run: try row.value("run"),
            result: result,
            error: try row.value("error")
        )
    }
}
