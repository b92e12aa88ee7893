import Foundation
import Jobs
import Journal

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

    init(_ item: HistoryItem) {
        commit = item.commit.sha
        author = item.commit.author
        message = item.commit.message
        time = item.time
        action = item.action
        result = item.hasAction ? item.result?.rawValue ?? "pending" : nil
        // Of what began the run: an action that left it as it was did not fail with it.
        let began = item.action.map { [.create, .replace, .resume].contains($0) } ?? true
        let failure = item.run.flatMap { $0.phase == Phase.failed.rawValue ? $0.message : nil }
        error = item.error ?? (began ? failure : nil)
        run = item.run?.number
        phase = item.run?.phase
        reason = item.run.flatMap { $0.reason.isEmpty ? nil : $0.reason }
        startTime = item.run?.startTime
        completionTime = item.run?.completionTime
    }
}
