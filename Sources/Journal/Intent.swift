public import Jobs

/// An action that is about to be carried out.
public struct Intent: Sendable, Equatable {
    /// The commit whose plan has it.
    public let commit: String
    /// The job that it is done to.
    public let key: JobKey
    /// What is done.
    public let kind: ActionKind
    /// The run that stands when it is done.
    public let run: Int

    /// An intent to be written down with ``Journal/intend(_:now:)``.
    public init(commit: String, key: JobKey, kind: ActionKind, run: Int) {
        self.commit = commit
        self.key = key
        self.kind = kind
        self.run = run
    }
}
