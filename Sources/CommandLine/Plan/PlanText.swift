import Jobs

/// A plan for a terminal.
struct PlanText {
    private let result: PlanSource.Result
    private let usesColour: Bool

    init(_ result: PlanSource.Result, usesColour: Bool) {
        self.result = result
        self.usesColour = usesColour
    }

    var text: String {
        let plan = result.plan
        var text = plan.actions.map(text(of:)).joined()
        if !plan.resources.isEmpty {
            text += "\nResources, before → after:\n"
            text += plan.resources.map { resources in
                "  \(resources.cluster)/\(resources.partition)   \(ResourceText(resources).line)\n"
            }.joined()
        }
        if !result.issues.isEmpty {
            text += "\n"
            text += result.issues.map { IssueText($0, usesColour: usesColour).headline + "\n" }.joined()
        }
        return text + (text.isEmpty ? "" : "\n") + "Plan: \(plan.summary).\n"
    }

    private func text(of action: TreePlan.Action) -> String {
        var text =
            "\(colour(action.kind))\(action.kind.sign) \(action.key)\(plain) \(PlainText.line(result.effect(of: action)))\n"
        if action.kind != .create, action.kind != .delete {
            for change in action.changes {
                text += "    \(PlainText.line(change.pointer)): \(change.before.shown) → \(change.after.shown)\n"
            }
        }
        return text
    }

    private var plain: String { usesColour ? "\u{1B}[0m" : "" }

    private func colour(_ kind: ActionKind) -> String {
        guard usesColour else { return "" }
        return switch kind {
        case .create, .resume: "\u{1B}[32m"
        case .update: "\u{1B}[36m"
        case .replace, .suspend, .hold: "\u{1B}[33m"
        case .delete: "\u{1B}[31m"
        }
    }
}

/// The sums of a partition, before and after.
struct ResourceText {
    private let resources: TreePlan.Resources

    init(_ resources: TreePlan.Resources) {
        self.resources = resources
    }

    var cpu: String { pair(resources.before.cpuText, resources.after.cpuText) }
    var memory: String { pair(resources.before.memoryText, resources.after.memoryText) }
    var gpus: String { pair(String(resources.before.gpus), String(resources.after.gpus)) }

    var line: String { "CPU \(cpu)   memory \(memory)   GPU \(gpus)" }

    private func pair(_ before: String, _ after: String) -> String {
        before == after ? before : "\(before) → \(after)"
    }
}

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
