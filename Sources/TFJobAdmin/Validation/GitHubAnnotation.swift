import Jobs

/// A workflow command, which GitHub shows at the line in the pull request.
///
/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>.
enum GitHubAnnotation {
    /// How loud it is.
    enum Level: String {
        case error, warning, notice
    }

    /// An issue at its place.
    static func text(_ issue: Issue) -> String {
        text(
            issue.severity == .error ? .error : .warning,
            path: issue.path,
            position: (issue.line, issue.column),
            title: issue.pointer.isEmpty ? "Job file" : issue.pointer,
            message: issue.message
        )
    }

    /// - Parameters:
    ///   - level: how loud it is.
    ///   - path: the file, from the repository's root.
    ///   - position: the line and column, from 1.
    ///   - title: its bold line.
    ///   - message: what it says.
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

    /// One line: a message with line breaks or control characters shows them escaped.
    private static func data(_ text: String) -> String { PlainText.line(text).replacing("%", with: "%25") }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
