import Git
import Jobs

/// A plan as a comment of a pull request.
struct PlanMarkdown {
    private let result: PlanSource.Result

    /// A comment on GitHub has at most 65,536 characters: <https://github.com/orgs/community/discussions/41331>. What has no room is
    /// counted, never left out in silence.
    private static let longest = 60_000
    private static let rowsMost = 200
    private static let issuesMost = 50
    private static let namesMost = 10

    init(_ result: PlanSource.Result) {
        self.result = result
    }

    var text: String {
        let plan = result.plan
        var text = "### Merging this: \(plan.summary)\n" + restarts + issues
        if !plan.actions.isEmpty {
            text += table + resources
            text = details(after: text)
        }
        let (base, head) = (
            MarkdownText.code("\(result.base)".prefix(12)), MarkdownText.code("\(result.head)".prefix(12))
        )
        return text + "\n<sub>\(base) → \(head)</sub>\n"
    }

    /// A restart of what runs is what a reviewer must not overlook.
    private var restarts: String {
        let restarts = result.plan.actions.filter { action in
            PlanEffect(action) == .restart && (result.running == nil || result.running?[action.key] != nil)
        }
        guard !restarts.isEmpty else { return "" }
        let names = restarts.prefix(Self.namesMost).map { MarkdownText.code("\($0.key)") }.joined(separator: ", ")
        let more = restarts.count > Self.namesMost ? ", and \(restarts.count - Self.namesMost) more" : ""
        let subject = restarts.count == 1 ? "One job restarts" : "\(restarts.count) jobs restart"
        let condition = result.running == nil ? ", where it runs" : ""
        return "\n> ⚠️ **\(subject)\(condition)**, and what is not saved in a checkpoint is lost: \(names)\(more)\n"
    }

    private var issues: String {
        guard !result.issues.isEmpty else { return "" }
        let lines = result.issues.prefix(Self.issuesMost).map { issue in
            let sign = issue.severity == .error ? "❌" : "⚠️"
            return
                "- \(sign) \(MarkdownText.code("\(issue.path):\(issue.line):\(issue.column)")) \(MarkdownText.prose(issue.message))\n"
        }
        let more = result.issues.count - lines.count
        return "\n" + lines.joined() + (more > 0 ? "- … and \(more) more: `tfjob-admin validate` lists them\n" : "")
    }

    private var table: String {
        let rows = result.plan.actions.prefix(Self.rowsMost).map { action in
            let key = action.key
            return "| \(key.cluster) | \(key.partition) | \(MarkdownText.code(key.id)) | \(action.kind.rawValue) | "
                + "\(MarkdownText.prose(result.effect(of: action))) |\n"
        }
        let more = result.plan.actions.count - rows.count
        return "\n| cluster | partition | job | action | what that does |\n|---|---|---|---|---|\n" + rows.joined()
            + (more > 0 ? "\n… and \(more) more jobs: `tfjob-admin plan` lists them.\n" : "")
    }

    private var resources: String {
        let rows = result.plan.resources.prefix(Self.rowsMost).map { resources in
            let sums = ResourceText(resources)
            return "| \(resources.cluster) | \(resources.partition) | \(sums.cpu) | \(sums.memory) | \(sums.gpus) |\n"
        }
        let more = result.plan.resources.count - rows.count
        return "\n| cluster | partition | CPU | memory | GPU |\n|---|---|---|---|---|\n" + rows.joined()
            + (more > 0 ? "\n… and \(more) more partitions.\n" : "")
    }

    /// Appends the jobs' fields, as far as there is room.
    private func details(after text: String) -> String {
        var text = text
        var length = text.count
        var left = result.plan.actions.filter { !$0.changes.isEmpty }[...]
        while let action = left.first {
            let next = details(action)
            length += next.count
            guard length < Self.longest else { break }
            text += next
            left.removeFirst()
        }
        guard !left.isEmpty else { return text }
        return text + "\n… and the fields of \(left.count) more jobs: `tfjob-admin plan` shows them.\n"
    }

    private func details(_ action: TreePlan.Action) -> String {
        let count = action.changes.count
        let rows = action.changes.map { change in
            "| \(MarkdownText.code(change.pointer)) | \(MarkdownText.code(change.before.shown)) | \(MarkdownText.code(change.after.shown)) |\n"
        }
        return
            "\n<details><summary><code>\(MarkdownText.html("\(action.key)"))</code>: \(count) field\(count == 1 ? "" : "s")</summary>\n\n"
            + "| field | before | after |\n|---|---|---|\n" + rows.joined() + "\n</details>\n"
    }
}
