import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin validate`: finds the mistakes in job files before they are pushed.
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

    @OptionGroup var clusters: ClusterOptions

    @Option(help: ArgumentHelp("Warn of clusters that this service does not have.", valueName: "url"))
    var server: String?

    @OptionGroup var credentials: ServerCredentials

    func run() async throws {
        let known = try await ClusterOptions.knownClusters(clusters, server, credentials)
        let files = try await reportingFailure { try await checkedFiles(known) }
        let report = ValidationReport(files: files, usesColour: Terminal.usesColour)
        print(try report.text(format), terminator: "")
        if report.hasErrors {
            throw ExitCode.failure
        }
    }

    /// The folder with `clusters/`: the given or the current one, else the top of the work tree around it.
    private func defaultFolder() async throws -> String {
        let folder = repository ?? "."
        let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(JobPath.root)")
        if isThere || URL(fileURLWithPath: folder).pathComponents.contains(JobPath.root) { return folder }
        guard let tree = await WorkTree(around: folder) else {
            throw CommandError(
                "there is no \(JobPath.root)/ in \(PlainText.line(folder)), and no repository around it: name a path, or go to a clone"
            )
        }
        return tree.path
    }

    private func checkedFiles(_ known: KnownClusters) async throws -> CheckedFiles {
        guard let revision else {
            let places = paths.isEmpty ? [try await defaultFolder()] : paths
            var source = WorkTreeSource(paths: places, clusters: known)
            let files = try await source.checkFiles()
            source.notes.forEach(StandardError.writeMessage)
            return CheckedFiles(count: files.count, notable: files)
        }
        let source = RevisionSource(
            repository: try Repository.open(around: repository ?? "."),
            revision: revision,
            paths: paths,
            clusters: known
        )
        return try await source.checkFiles()
    }
}

/// The output format of `validate`.
enum ValidationFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json, github
}

/// The result of `validate` for people, programs or a forge.
struct ValidationReport {
    private let files: CheckedFiles
    private let issues: [Issue]
    private let usesColour: Bool

    init(files: CheckedFiles, usesColour: Bool) {
        self.files = files
        self.usesColour = usesColour
        issues = files.notable.flatMap(\.issues)
    }

    /// Whether at least one file can't be applied.
    var hasErrors: Bool { issues.contains { $0.severity == .error } }

    func text(_ format: ValidationFormat) throws -> String {
        switch format {
        case .text: plainText
        case .json: try json
        case .github: issues.map(GitHubAnnotation.text).joined()
        }
    }

    private var plainText: String {
        var text = ""
        for file in files.notable {
            let source = file.issues.isEmpty ? nil : file.bytes.map(SourceText.init)
            for issue in file.issues {
                text += IssueText(issue, usesColour: usesColour).headline + "\n"
                if let source {
                    text += SourceExcerpt(source, of: issue).text
                }
            }
        }
        let errors = issues.count { $0.severity == .error }
        let warnings = issues.count - errors
        return text + "\(count(files.count, "file")): \(count(errors, "error")), \(count(warnings, "warning"))\n"
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)" + (number == 1 ? "" : "s")
    }

    private struct Document: Encodable {
        let files: Int
        let issues: [Issue]
    }

    private var json: String {
        get throws { try JSONOutput.line(Document(files: files.count, issues: issues)) }
    }
}
