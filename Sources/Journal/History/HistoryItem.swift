public import Foundation
public import Jobs

/// One event of a job's history: an action with its run, a commit that only changed the file, or a run that the journal did not see begin.
public struct HistoryItem: Sendable, Equatable {
    /// The run of an event.
    public struct Run: Sendable, Equatable {
        /// The run's number.
        public let number: Int
        /// A ``Phase``, or ``HistoryItem/stopped``; nil if unknown.
        public let phase: String?
        /// One word for programs; empty if there is nothing to explain.
        public let reason: String
        /// A sentence for people.
        public let message: String
        /// When its first replica began.
        public let startTime: Date?
        /// When it ended.
        public let completionTime: Date?
    }

    /// The phase of a run that neither succeeded nor failed: its job was replaced or deleted.
    public static let stopped = "stopped"

    /// When it ended, began or was seen; nil if unknown.
    public let time: Date?
    /// The commit that asked for it; author and message are empty if unknown.
    public let commit: CommitRecord
    /// Nil before it is planned, and if there was nothing to do.
    public let action: ActionKind?
    /// Whether an action was planned or will be.
    public let hasAction: Bool
    /// Nil while it is under way, and without an action.
    public let result: ActionResult?
    /// Why the action failed, or is tried again.
    public let error: String?
    /// The run that is in force after it; nil for none.
    public let run: Run?
}

/// One page of a job's history, newest first.
public struct HistoryPage: Sendable {
    /// The items.
    public let items: [HistoryItem]
    /// The number of items on all pages.
    public let total: Int
    /// The position of the next page; nil on the last.
    public let next: Position?

    /// The last item of a page. It stays a position when newer items come.
    public struct Position: Sendable, Codable, Equatable {
        let time: String
        let number: Int64
        let name: String
    }
}
