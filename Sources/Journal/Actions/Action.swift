import GRDB
public import Jobs

/// An action that is about to be carried out.
public struct Intent: Sendable, Equatable {
    /// The commit whose plan asks for it.
    public let commit: String
    /// The job that it changes.
    public let key: JobKey
    /// What it does.
    public let kind: ActionKind
    /// The run that is in force after it.
    public let run: Int

    /// An intent for ``Journal/intend(_:now:)``.
    public init(commit: String, key: JobKey, kind: ActionKind, run: Int) {
        self.commit = commit
        self.key = key
        self.kind = kind
        self.run = run
    }
}

/// How an action ended.
public enum Outcome: Sendable, Equatable {
    /// It was carried out. The definition is in force from now on.
    case done
    /// Nothing was touched. The issues of the file say why.
    case held
    /// The backend can't be asked, or could not do it now. It is tried again.
    case postponed(String)
    /// The backend or the repository refused it. It is tried again, because the cluster or the configuration may change.
    case refused(String)

    /// Why it is tried again; nil if it is not.
    public var obstacle: String? {
        switch self {
        case .done, .held: nil
        case .postponed(let message), .refused(let message): message
        }
    }
}

/// How an action ended, as the journal keeps it.
public enum ActionResult: String, Sendable, Codable, CaseIterable {
    /// It was carried out.
    case done
    /// Nothing was touched; the issues or the error say why.
    case held
    /// It did not work, and was not tried again. Only earlier versions recorded this.
    case failed
    /// A newer commit changed the job before it was carried out.
    case superseded
}

/// How many actions of a kind ended in the same way.
public struct ActionCount: Sendable, Equatable {
    /// The name of the kind, or `none` for an action that was superseded before it was planned.
    public let kind: String
    /// How they ended.
    public let result: ActionResult
    /// How many.
    public let count: Int
}

extension JournalReader {
    /// Counts the actions that ended, by kind and result.
    public func actionCounts() async throws -> [ActionCount] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT coalesce(kind, 'none') AS kind, result, count(*) AS actions FROM action WHERE result IS NOT NULL AND finished IS NOT NULL
                    GROUP BY 1, 2 ORDER BY 1, 2
                    """
            ).compactMap { row in
                guard let result: ActionResult = try row.word("result") else { return nil }
                return ActionCount(kind: try row.value("kind"), result: result, count: try row.value("actions"))
            }
        }
    }
}
