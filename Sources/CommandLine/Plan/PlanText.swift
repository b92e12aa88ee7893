import Foundation
import Git
import Jobs

/// A plan as text for a terminal.
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
            text += "\nResources of the declared jobs, before → after:\n"
            text += plan.resources.map { resources in
                let now = result.running(in: resources).map { "   running now: \(ResourceText.line($0))" } ?? ""
                return "  \(resources.cluster)/\(resources.partition)   \(ResourceText(resources).line)\(now)\n"
            }.joined()
        }
        if !result.issues.isEmpty {
            text += "\n"
            text += result.issues.map { IssueText($0, usesColour: usesColour).headline + "\n" }.joined()
        }
        let reason = result.emptyReason.map { PlainText.line($0) + "\n" } ?? ""
        return text + (text.isEmpty ? "" : "\n") + "Plan: \(plan.summary).\n" + reason
    }

    private func text(of action: TreePlan.Action) -> String {
        let name = "\(action.kind.sign) \(action.key)"
        let shown = usesColour ? colour(of: action.kind).text(name) : name
        var text = "\(shown) \(PlainText.line(result.effect(of: action)))\n"
        if action.kind != .create, action.kind != .delete {
            for change in action.changes {
                text += "    \(PlainText.line(change.pointer)): \(change.before.shown) → \(change.after.shown)\n"
            }
        }
        return text
    }

    private func colour(of kind: ActionKind) -> Colour {
        switch kind {
        case .create, .resume: .green
        case .update: .cyan
        case .replace, .suspend, .hold: .yellow
        case .delete: .red
        }
    }
}

/// The resources of a partition before and after, as text.
struct ResourceText {
    private let resources: TreePlan.Resources

    init(_ resources: TreePlan.Resources) {
        self.resources = resources
    }

    var cpu: String { pair(resources.before.cpuText, resources.after.cpuText) }
    var memory: String { pair(resources.before.memoryText, resources.after.memoryText) }
    var gpus: String { pair(String(resources.before.gpus), String(resources.after.gpus)) }

    var line: String { "CPU \(cpu)   memory \(memory)   GPU \(gpus)" }

    /// The resources of the jobs that run.
    static func line(_ sum: ResourceSum) -> String { "CPU \(sum.cpuText), memory \(sum.memoryText), GPU \(sum.gpus)" }

    private func pair(_ before: String, _ after: String) -> String {
        before == after ? before : "\(before) → \(after)"
    }
}

/// A plan as workflow annotations: a warning for each job that stops or restarts, and a notice for each other job.
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

/// A plan as JSON.
struct PlanDocument: Encodable {
    private struct Action: Encodable {
        let cluster: String
        let partition: String
        let id: String
        let action: ActionKind
        let changes: [FieldChange]
        /// The start time of the run, if a service was asked and the job runs.
        let runningSince: String?
        /// The state of the job, if a service was asked and has the job.
        let state: String?
    }

    private struct Resources: Encodable {
        let cluster: String
        let partition: String
        let before: ResourceSum
        let after: ResourceSum
        /// The resources of the jobs that run now, if a service was asked.
        let running: ResourceSum?
    }

    private let base: String
    private let head: String
    private let actions: [Action]
    private let issues: [Issue]
    private let resources: [Resources]
    /// Why there is nothing to compare; left out otherwise.
    private let note: String?

    init(_ result: PlanSource.Result) {
        base = result.base.description
        head = result.headName
        actions = result.plan.actions.map { action in
            Action(
                cluster: action.key.cluster,
                partition: action.key.partition,
                id: action.key.id,
                action: action.kind,
                changes: action.changes,
                runningSince: result.service?.states[action.key]?.runningSince,
                state: result.service?.states[action.key]?.words
            )
        }
        issues = result.issues
        resources = result.plan.resources.map {
            Resources(
                cluster: $0.cluster,
                partition: $0.partition,
                before: $0.before,
                after: $0.after,
                running: result.running(in: $0)
            )
        }
        note = result.emptyReason
    }

    /// The plan on one line, with sorted keys.
    func text() throws -> String { try JSONOutput.line(self) }
}
