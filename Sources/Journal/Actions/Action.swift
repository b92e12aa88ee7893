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
    /// Whether it starts the replicas of that run. An action on a suspended or finished job does not.
    public let startsReplicas: Bool

    /// An intent for ``Journal/intend(_:now:)``. By default the kind decides whether it starts replicas.
    public init(commit: String, key: JobKey, kind: ActionKind, run: Int, startsReplicas: Bool? = nil) {
        self.startsReplicas = startsReplicas ?? kind.startsRun
        self.commit = commit
        self.key = key
        self.kind = kind
        self.run = run
    }
}

/// A run that an action stopped.
public struct StoppedRun: Sendable {
    /// The status of the run after the stop; nil if the backend keeps nothing of it.
    public let status: RunStatus?
    /// How long the stop took.
    public let duration: Duration

    /// Creates the end of a run.
    public init(status: RunStatus?, duration: Duration) {
        self.status = status
        self.duration = duration
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
public struct ActionCount: Sendable, Equatable, Codable {
    /// The name of the kind, or `none` for an action that was superseded before it was planned.
    public let kind: String
    /// How they ended.
    public let result: ActionResult
    /// How many.
    public let count: Int
}

extension JournalReader {
    /// Counts the actions that ended, by kind and result, since the journal was created.
    public func actionCounts() async throws -> [ActionCount] {
        try await database.read { database in
            let stored = try Row.fetchAll(
                database,
                sql: """
                    SELECT coalesce(kind, 'none') AS kind, result, count(*) AS actions FROM action WHERE result IS NOT NULL AND finished IS NOT NULL
                    GROUP BY 1, 2 ORDER BY 1, 2
                    """
            ).compactMap(ActionCount.init(row:))
            return ActionCount.sum(stored + (try Journal.forgottenActions(in: database)))
        }
    }
}
