import Git
import Jobs

/// A plan as a comment of a pull request.
struct PlanMarkdown {
    private let result: PlanSource.Result

    /// A comment on GitHub has at most 65,536 characters: <https://github.com/orgs/community/discussions/41331>. What has no room is
    /// counted, never left out in silence.
    private static let longest = 65_536
    /// How long the comment is at most after each of its parts, so that each has some room; the rest is for the last lines.
    private static let ends = (issues: 16_000, table: 40_000, resources: 48_000, details: longest - 1000)
    private static let rowsMost = 200
    private static let issuesMost = 50
    private static let namesMost = 10
    /// How long a field's value is at most.
    private static let longestValue = 2000

    init(_ result: PlanSource.Result) {
        self.result = result
    }

    var text: String {
        let plan = result.plan
        var text = CappedText("### Merging this: \(plan.summary)\n" + restarts)
        addIssues(to: &text)
        if !plan.actions.isEmpty {
            addTable(to: &text)
            addResources(to: &text)
            addDetails(to: &text)
        }
        let (base, head) = (
            MarkdownText.code("\(result.base)".prefix(12)), MarkdownText.code(result.headName.prefix(12))
        )
        return text.text + "\n<sub>\(base) → \(head)</sub>\n"
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

    private func addIssues(to text: inout CappedText) {
        guard !result.issues.isEmpty else { return }
        // Errors first: they must not be among those that have no room.
        let issues = result.issues.filter { $0.severity == .error } + result.issues.filter { $0.severity == .warning }
        let lines = issues.prefix(Self.issuesMost).lazy.map { issue in
            let sign = issue.severity == .error ? "❌" : "⚠️"
            return
                "- \(sign) \(MarkdownText.code("\(issue.path):\(issue.line):\(issue.column)")) \(MarkdownText.prose(issue.message))\n"
        }
        text.add("\n")
        let more = issues.count - text.add(lines, upTo: Self.ends.issues)
        text.add(more > 0 ? "- … and \(more) more: `tfjob-admin validate` lists them\n" : "")
    }

    private func addTable(to text: inout CappedText) {
        let actions = result.plan.actions
        let rows = actions.prefix(Self.rowsMost).lazy.map { action in
            let key = action.key
            return "| \(key.cluster) | \(key.partition) | \(MarkdownText.code(key.id)) | \(action.kind.rawValue) | "
                + "\(MarkdownText.prose(result.effect(of: action))) |\n"
        }
        text.add("\n| cluster | partition | job | action | what that does |\n|---|---|---|---|---|\n")
        let more = actions.count - text.add(rows, upTo: Self.ends.table)
        text.add(more > 0 ? "\n… and \(more) more jobs: `tfjob-admin plan` lists them.\n" : "")
    }

    private func addResources(to text: inout CappedText) {
        let rows = result.plan.resources.prefix(Self.rowsMost).lazy.map { resources in
            let sums = ResourceText(resources)
            return "| \(resources.cluster) | \(resources.partition) | \(sums.cpu) | \(sums.memory) | \(sums.gpus) |\n"
        }
        text.add("\n| cluster | partition | CPU | memory | GPU |\n|---|---|---|---|---|\n")
        let more = result.plan.resources.count - text.add(rows, upTo: Self.ends.resources)
        text.add(more > 0 ? "\n… and \(more) more partitions.\n" : "")
    }

    /// Adds the jobs' fields, as far as there is room.
    private func addDetails(to text: inout CappedText) {
        let actions = result.plan.actions.filter { !$0.changes.isEmpty }
        let more = actions.count - text.add(actions.lazy.map(details), upTo: Self.ends.details)
        text.add(more > 0 ? "\n… and the fields of \(more) more jobs: `tfjob-admin plan` shows them.\n" : "")
    }

    private func details(_ action: TreePlan.Action) -> String {
        let count = action.changes.count
        let rows = action.changes.map { change in
            "| \(MarkdownText.code(change.pointer)) | \(value(change.before)) | \(value(change.after)) |\n"
        }
        return
            "\n<details><summary><code>\(MarkdownText.html("\(action.key)"))</code>: \(count) field\(count == 1 ? "" : "s")</summary>\n\n"
            + "| field | before | after |\n|---|---|---|\n" + rows.joined() + "\n</details>\n"
    }

    /// A field's value; the end of a long one is counted.
    private func value(_ value: JSONValue) -> String {
        let shown = value.shown.unicodeScalars
        let more = shown.count - Self.longestValue
        guard more > 0 else { return MarkdownText.code(String(shown)) }
        return MarkdownText.code(String(shown.prefix(Self.longestValue))) + " … and \(more) more characters"
    }
}

/// Text that grows as long as it has room.
private struct CappedText {
    private(set) var text: String
    /// In UTF-16 code units: no less than the characters that a forge counts, however it counts.
    private var length: Int

    init(_ text: String) {
        self.text = text
        length = text.utf16.count
    }

    mutating func add(_ more: String) {
        text += more
        length += more.utf16.count
    }

    /// Adds parts, but for those with which the text would be too long.
    ///
    /// - Returns: how many were added.
    mutating func add(_ parts: some Sequence<String>, upTo limit: Int) -> Int {
        var count = 0
        for part in parts where length + part.utf16.count <= limit {
            add(part)
            count += 1
        }
        return count
    }
}
