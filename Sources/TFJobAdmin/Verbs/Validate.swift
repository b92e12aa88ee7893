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
