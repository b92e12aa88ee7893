import Jobs

/// A plan as workflow annotations: a warning where something stops or restarts, a notice elsewhere.
struct PlanAnnotations {
    private let result: PlanSource.Result

    init(_ result: PlanSource.Result) {
        self.result = result
    }

    var text: String {
        let actions = result.plan.actions.filter { $0.kind != .hold }.map { action in
            GitHubAnnotation.text(
                PlanEffect(action).stopsSomething ? .warning : .notice,
                path: action.key.path,
                title: action.kind.rawValue,
                message: "\(action.key) \(result.effect(of: action))"
            )
        }
        return (result.issues.map(GitHubAnnotation.text) + actions).joined()
    }
}
