import Git
import Jobs

/// A plan as a comment on a pull request.
struct PlanMarkdown {
    private let result: PlanSource.Result

    /// The maximum length of a comment on GitHub: <https://github.com/orgs/community/discussions/41331>. If a part does
    /// not fit, the comment contains the number of omitted lines.
    private static let longest = 65_536
    /// The maximum length of the comment after each part, so that every part has some room. The rest is for the last
    /// lines.
    private static let ends = (issues: 16_000, table: 40_000, resources: 48_000, details: longest - 1000)
    private static let rowsMost = 200
    private static let issuesMost = 50
    private static let namesMost = 10
    /// The maximum length of a field's value.
    private static let longestValue = 2000

    init(_ result: PlanSource.Result) {
        self.result = result
    }

    var text: String {
        let plan = result.plan
        let reason = result.emptyReason.map { "\n\(MarkdownText.prose($0))\n" } ?? ""
        var text = CappedText("### Merging this: \(plan.summary)\n" + reason + restarts)
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

    /// The warning about running jobs that restart, which a reviewer must not overlook.
    private var restarts: String {
        let restarts = result.plan.actions.filter { action in
            PlanEffect(action) == .restart
                && (result.service == nil || result.service?.states[action.key]?.runningSince != nil)
        }
        guard !restarts.isEmpty else { return "" }
        let names = restarts.prefix(Self.namesMost).map { MarkdownText.code("\($0.key)") }.joined(separator: ", ")
        let more = restarts.count > Self.namesMost ? ", and \(restarts.count - Self.namesMost) more" : ""
        let subject = restarts.count == 1 ? "One job restarts" : "\(restarts.count) jobs restart"
        let condition = result.service == nil ? ", where it runs" : ""
        return "\n> ⚠️ **\(subject)\(condition)**, and what is not saved in a checkpoint is lost: \(names)\(more)\n"
    }

    private func addIssues(to text: inout CappedText) {
        guard !result.issues.isEmpty else { return }
        // List the errors first, so that the warnings are omitted before them.
        let issues = result.issues.filter { $0.severity == .error } + result.issues.filter { $0.severity == .warning }
        let lines = issues.prefix(Self.issuesMost).lazy.map { issue in
            let sign = issue.severity == .error ? "❌" : "⚠️"
            return
                "- \(sign) \(MarkdownText.code("\(issue.path):\(issue.line):\(issue.column)")) \(MarkdownText.prose(issue.message))\n"
        }
        text.append("\n")
        let more = issues.count - text.append(lines, upTo: Self.ends.issues)
        text.append(more > 0 ? "- … and \(more) more: `tfjob-admin validate` lists them\n" : "")
    }

    private func addTable(to text: inout CappedText) {
        let actions = result.plan.actions
        let rows = actions.prefix(Self.rowsMost).lazy.map { action in
            let key = action.key
            return "| \(key.cluster) | \(key.partition) | \(MarkdownText.code(key.id)) | \(action.kind.rawValue) | "
                + "\(MarkdownText.prose(result.effect(of: action))) |\n"
        }
        text.append("\n| cluster | partition | job | action | what that does |\n|---|---|---|---|---|\n")
        let more = actions.count - text.append(rows, upTo: Self.ends.table)
        text.append(more > 0 ? "\n… and \(more) more jobs: `tfjob-admin plan` lists them.\n" : "")
    }

    private func addResources(to text: inout CappedText) {
        let rows = result.plan.resources.prefix(Self.rowsMost).lazy.map { resources in
            let sums = ResourceText(resources)
            let now = result.running(in: resources).map { " \(ResourceText.line($0)) |" } ?? ""
            return
                "| \(resources.cluster) | \(resources.partition) | \(sums.cpu) | \(sums.memory) | \(sums.gpus) |\(now)\n"
        }
        let (title, line) = result.service == nil ? ("", "") : (" running now |", "---|")
        text.append(
            "\nResources of the declared jobs:\n\n| cluster | partition | CPU | memory | GPU |\(title)\n|---|---|---|---|---|\(line)\n"
        )
        let more = result.plan.resources.count - text.append(rows, upTo: Self.ends.resources)
        text.append(more > 0 ? "\n… and \(more) more partitions.\n" : "")
    }

    /// Adds the changed fields of the jobs that fit.
    private func addDetails(to text: inout CappedText) {
        let actions = result.plan.actions.filter { !$0.changes.isEmpty }
        let more = actions.count - text.append(actions.lazy.map(details), upTo: Self.ends.details)
        text.append(more > 0 ? "\n… and the fields of \(more) more jobs: `tfjob-admin plan` shows them.\n" : "")
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

    /// The value of a field. A long value is cut, with the number of omitted characters.
    private func value(_ value: JSONValue) -> String {
        let shown = value.shown.unicodeScalars
        let more = shown.count - Self.longestValue
        guard more > 0 else { return MarkdownText.code(String(shown)) }
        return MarkdownText.code(String(shown.prefix(Self.longestValue))) + " … and \(more) more characters"
    }
}

/// A text with a maximum length.
private struct CappedText {
    private(set) var text: String
    /// The length in UTF-16 code units, which is at least the number of characters by any definition.
    private var length: Int

    init(_ text: String) {
        self.text = text
        length = text.utf16.count
    }

    mutating func append(_ more: String) {
        text += more
        length += more.utf16.count
    }

    /// Appends the parts that fit.
    ///
    /// - Returns: the number of appended parts.
    mutating func append(_ parts: some Sequence<String>, upTo limit: Int) -> Int {
        var count = 0
        for part in parts where length + part.utf16.count <= limit {
            append(part)
            count += 1
        }
        return count
    }
}

/// Escapes untrusted text for a line or a table cell of markdown: <https://github.github.com/gfm/>.
enum MarkdownText {
    /// Escapes prose, so that it contains no link, no mention and no HTML.
    static func prose(_ text: String) -> String {
        let scalars = Array(PlainText.line(text).unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            switch scalar {
            case "&", "<", ">": result += entity(scalar)
            // Forges find mentions and references in text, but not in code. A mention sends mail to people.
            case "@" where next.properties.isAlphabetic || isDigit(next): result += "<code>\(entity(scalar))</code>"
            case "#" where isDigit(next): result += "<code>\(entity(scalar))</code>"
            case "@": result += entity(scalar)
            // Forges turn addresses into links.
            case ":" where next == "/": result += entity(scalar)
            case "." where index >= 3 && String(scalars[index - 3..<index]).lowercased() == "www":
                result += entity(scalar)
            case "|", "`", "*", "_", "[", "]", "\\", "~", "#", "$", "!": result += "\\\(scalar)"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Formats code with a fence that is longer than any run of backticks in it. Bars are escaped, because they would
    /// end a table cell.
    static func code(_ text: some StringProtocol) -> String {
        let text = PlainText.line(String(text))
        // A backslash before a bar would escape the backslash that escapes the bar.
        guard !text.isEmpty, !text.contains("\\|") else { return "<code>\(html(text))</code>" }
        let longest = text.split(omittingEmptySubsequences: true) { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        let space = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return fence + space + text.replacing("|", with: "\\|") + space + fence
    }

    /// Escapes text between two HTML tags: all characters with a meaning in HTML or markdown become character
    /// references.
    static func html(_ text: String) -> String {
        PlainText.line(text).unicodeScalars.reduce(into: "") { result, scalar in
            let isWord = !scalar.isASCII || scalar.properties.isAlphabetic || isDigit(scalar)
            result += isWord || [" ", "-", "/"].contains(scalar) ? String(Character(scalar)) : entity(scalar)
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func entity(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: "&#\(scalar.value);"
        }
    }
}

extension String {
    fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
        self.init(String.UnicodeScalarView(scalars))
    }
}
