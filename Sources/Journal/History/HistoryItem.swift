public import Foundation
public import Jobs

/// One thing that happened to a job: an action, with the run that it left; a commit that changed the file and nothing else; or a run
/// whose beginning this journal did not see.
public struct HistoryItem: Sendable, Equatable {
    /// A run of which an action is known, or that is known alone.
    public struct Run: Sendable, Equatable {
        /// The run's number.
        public let number: Int
        /// A ``Phase``, or ``HistoryItem/stopped``. Nil where nothing is known of it.
        public let phase: String?
        /// One word for programs; empty where there is nothing to explain.
        public let reason: String
        /// A sentence for people.
        public let message: String
        /// When its first replica began.
        public let startTime: Date?
        /// When it ended.
        public let completionTime: Date?
    }

    /// What a run ended as that neither succeeded nor failed: the job was replaced or deleted.
    public static let stopped = "stopped"

    /// When it was done, or begun, or seen; nil where that is not known.
    public let time: Date?
    /// The commit that asked for it; of the author and the message nothing is known where they are empty.
    public let commit: CommitRecord
    /// Nil as long as it is not planned, and where nothing was to be done.
    public let action: ActionKind?
    /// Whether an action was planned or is to be.
    public let hasAction: Bool
    /// Nil while it is under way, and without an action.
    public let result: ActionResult?
    /// Why the action failed, or is tried again.
    public let error: String?
    /// The run that stands after it; nil where there is none.
    public let run: Run?
}

/// One page of a job's history, newest first.
public struct HistoryPage: Sendable {
    /// The items.
    public let items: [HistoryItem]
    /// How many there are on all pages.
    public let total: Int
    /// Where the next page begins; nil on the last.
    public let next: Position?

    /// The last item of a page. It stays a position when newer items come.
    public struct Position: Sendable, Codable, Equatable {
        let time: String
        let number: Int64
        let name: String
    }
}
