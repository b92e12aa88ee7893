import Jobs

/// An issue as a workflow command, which GitHub shows at the line in the pull request.
///
/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>.
enum GitHubAnnotation {
    static func text(_ issue: Issue) -> String {
        let properties = [
            "file=\(property(issue.path))", "line=\(issue.line)", "col=\(issue.column)",
            "title=\(property(issue.pointer.isEmpty ? "Job file" : issue.pointer))",
        ]
        return "::\(issue.severity.rawValue) \(properties.joined(separator: ","))::\(data(issue.message))\n"
    }

    private static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
