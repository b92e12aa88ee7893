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
