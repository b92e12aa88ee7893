import Jobs

/// An issue as a line of text, with colour on a terminal.
struct IssueText {
    private let issue: Issue
    private let usesColour: Bool

    init(_ issue: Issue, usesColour: Bool) {
        self.issue = issue
        self.usesColour = usesColour
    }

    /// The issue in the form `file:line:column: error: message (pointer)`.
    var headline: String {
        guard usesColour else { return issue.description }
        let colour = issue.severity == .error ? Colour.red : .yellow
        return issue.text(severity: colour.text)
    }
}

/// A workflow command that GitHub shows at the line in the pull request.
///
/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>.
enum GitHubAnnotation {
    /// The severity of an annotation.
    enum Level: String {
        case error, warning, notice
    }

    /// Formats an issue as an annotation at its position.
    static func text(_ issue: Issue) -> String {
        text(
            issue.severity == .error ? .error : .warning,
            path: issue.path,
            position: (issue.line, issue.column),
            title: issue.pointer.isEmpty ? "Job file" : issue.pointer,
            message: issue.message
        )
    }

    /// Formats an annotation.
    ///
    /// - Parameters:
    ///   - level: the severity.
    ///   - path: the path of the file from the repository's root.
    ///   - position: the line and column, from 1.
    ///   - title: the bold first line.
    ///   - message: the text below the title.
    static func text(
        _ level: Level,
        path: String,
        position: (line: Int, column: Int) = (1, 1),
        title: String,
        message: String
    ) -> String {
        let properties = [
            "file=\(property(path))", "line=\(position.line)", "col=\(position.column)", "title=\(property(title))",
        ]
        return "::\(level.rawValue) \(properties.joined(separator: ","))::\(data(message))\n"
    }

    /// Escapes the text of a command, which is one line.
    private static func data(_ text: String) -> String { PlainText.line(text).replacing("%", with: "%25") }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
