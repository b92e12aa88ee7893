import Foundation
import Jobs
import Journal

/// What became of a commit, as the REST view shows it.
struct CommitObject: Encodable {
    private struct Action: Encodable {
        let cluster: String
        let partition: String
        let id: String
        @Nullable var action: ActionKind?
        let result: String
        @Nullable var error: String?
        @Nullable var run: Int?

        init(_ action: CommitReport.Action) {
            cluster = action.key.cluster
            partition = action.key.partition
            id = action.key.id
            self.action = action.kind
            result = action.result?.rawValue ?? "pending"
            error = action.error
            run = action.run
        }
    }

    private let commit: String
    private let author: String
    private let message: String
    private let state: CommitReport.State
    private let actions: [Action]
    private let issues: [Issue]

    init(_ report: CommitReport) {
        commit = report.commit.sha
        author = report.commit.author
        message = report.commit.message
        state = report.state
        actions = report.actions.map(Action.init)
        issues = report.issues
    }
}

/// One item of a job's history, as the REST view shows it.
struct HistoryObject: Encodable {
    private let commit: String
    private let author: String
    private let message: String
    @Nullable private var time: Date?
    @Nullable private var action: ActionKind?
    @Nullable private var result: String?
    @Nullable private var error: String?
    @Nullable private var run: Int?
    @Nullable private var phase: String?
    @Nullable private var reason: String?
    @Nullable private var startTime: Date?
    @Nullable private var completionTime: Date?
    @Nullable private var activeSeconds: Double?
    @Nullable private var activeSince: Date?
    @Nullable private var note: String?
    private let events: [EventObject]

    init(_ item: HistoryItem) {
        commit = item.commit.sha
        author = item.commit.author
        message = item.commit.message
        time = item.time
        action = item.action
        result = item.hasAction ? item.result?.rawValue ?? "pending" : nil
        // A run's failure belongs to the action that began the run, and not to one that left it unchanged.
        let began = item.action.map { [.create, .replace, .resume].contains($0) } ?? true
        let failure = item.run.flatMap { $0.phase == Phase.failed.rawValue ? $0.message : nil }
        error = item.error ?? (began ? failure : nil)
        run = item.run?.number
        phase = item.run?.phase
        reason = item.run.flatMap { $0.reason.isEmpty ? nil : $0.reason }
        startTime = item.run?.startTime
        completionTime = item.run?.completionTime
        activeSeconds = item.run?.active?.past
        activeSince = item.run?.active?.since
        note = item.note
        events = item.events.map(EventObject.init)
    }
}
