import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin validate`: finds every mistake in job files before they are pushed.
struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks job files: single ones, folders, a work tree, or a revision.",
        discussion:
            "Ends with 0 where all can be applied, with 1 where one can't. Warnings keep no file from being applied."
    )

    @Argument(help: ArgumentHelp("Files and folders. (default: the work tree)", valueName: "path"))
    var paths: [String] = []

    @Option(help: ArgumentHelp("Check what a commit has, rather than the work tree.", valueName: "rev"))
    var revision: String?

    @Option(help: ArgumentHelp("The repository. (default: the one around this folder)", valueName: "path"))
    var repository: String?

    @Option(help: "text, json, or github (workflow annotations).")
    var format = ValidationFormat.text

    func run() async throws {
        let files = try await reportingFailure { try await checkedFiles() }
        let report = ValidationReport(files: files, usesColour: Terminal.usesColour)
        print(try report.text(format), terminator: "")
        if report.hasErrors {
            throw ExitCode.failure
        }
    }

    private func checkedFiles() async throws -> CheckedFiles {
        guard let revision else {
            var source = WorkTreeSource(paths: paths.isEmpty ? [repository ?? "."] : paths)
            let files = try await source.files()
            source.notes.forEach(StandardError.say)
            return CheckedFiles(count: files.count, notable: files)
        }
        let source = RevisionSource(
            repository: try Repository.open(around: repository ?? "."),
            revision: revision,
            paths: paths
        )
        return try await source.files()
    }
}

/// How the result of `validate` is written.
enum ValidationFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json, github
}

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
