import Git
import Jobs

/// A plan as a comment of a pull request.
struct PlanMarkdown {
    private let result: PlanSource.Result

    init(_ result: PlanSource.Result) {
        self.result = result
    }

    var text: String {
        let plan = result.plan
        var text = "### Merging this: \(plan.summary)\n"
        let restarts = plan.actions.filter { $0.kind == .replace }
        if !restarts.isEmpty {
            let names = restarts.map { code("\($0.key)") }.joined(separator: ", ")
            text +=
                "\n> ⚠️ **\(restarts.count == 1 ? "One job restarts" : "\(restarts.count) jobs restart")**, and what it has not "
            text += "saved in a checkpoint is lost: \(names)\n"
        }
        text += issues
        guard !plan.actions.isEmpty else { return text }
        text += "\n| cluster | partition | job | action | what that does |\n|---|---|---|---|---|\n"
        for action in plan.actions {
            let key = action.key
            text +=
                "| \(key.cluster) | \(key.partition) | \(code(key.id)) | \(action.kind.rawValue) | \(action.kind.effect) |\n"
        }
        text += plan.actions.filter { !$0.changes.isEmpty }.map(details).joined()
        text += "\n| cluster | partition | CPU | memory | GPU |\n|---|---|---|---|---|\n"
        for resources in plan.resources {
            let sums = ResourceText(resources)
            text += "| \(resources.cluster) | \(resources.partition) | \(sums.cpu) | \(sums.memory) | \(sums.gpus) |\n"
        }
        return text + "\n<sub>\(code(String(result.base.description.prefix(12)))) → "
            + "\(code(String(result.head.description.prefix(12))))</sub>\n"
    }

    private var issues: String {
        guard !result.issues.isEmpty else { return "" }
        return "\n"
            + result.issues.map { issue in
                let sign = issue.severity == .error ? "❌" : "⚠️"
                return "- \(sign) \(code("\(issue.path):\(issue.line):\(issue.column)")) \(escaped(issue.message))\n"
            }.joined()
    }

    private func details(_ action: TreePlan.Action) -> String {
        var text = "\n<details><summary>\(code(html: "\(action.key)")): \(action.changes.count) "
        text += "field\(action.changes.count == 1 ? "" : "s")</summary>\n\n| field | before | after |\n|---|---|---|\n"
        for change in action.changes {
            text += "| \(code(change.pointer)) | \(code(change.before.shown)) | \(code(change.after.shown)) |\n"
        }
        return text + "\n</details>\n"
    }

    /// Code in a table: in a fence that is longer than any run of back-ticks in it, with bars that end no cell.
    private func code(_ text: String) -> String {
        let longest = text.split(omittingEmptySubsequences: true) { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        let space = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return fence + space + text.replacing("|", with: "\\|") + space + fence
    }

    /// Code where markdown is not read.
    private func code(html text: String) -> String { "<code>\(escaped(text))</code>" }

    /// Text that is no markup, whatever it holds.
    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("|", with: "\\|").replacing("`", with: "\\`").replacing("*", with: "\\*").replacing(
                "_",
                with: "\\_"
            )
            .replacing("[", with: "\\[").replacing("@", with: "&#64;")
    }
}
