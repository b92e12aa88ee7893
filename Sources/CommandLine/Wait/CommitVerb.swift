import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin commit`: shows what became of a commit.
struct CommitVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Shows what a commit did: each job that it changed, the issues of its files, and its state.",
        discussion: """
            JSON is the object that GET /api/v1alpha1/commits/{sha} returns.
            """
    )

    @Argument(
        help: ArgumentHelp("A commit's name, or what git resolves to one in this folder: HEAD.", valueName: "sha")
    )
    var commit: String

    @Option(help: "table or json.")
    var format = ListFormat.table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await ServerError.reportingErrors {
            let client = try server.client()
            let sha = try await CommitName.resolve(commit)
            let path = APIPath.commit(sha)
            let data: Data
            do throws(ServerError) {
                data = try await client.get(path)
            } catch {
                guard error.kind == .notFound, sha.count == 40 else { throw error }
                throw ServerError(
                    .notFound,
                    "commit \(sha.prefix(12)) is not known to the service: git push it, or, if it did something long ago, it was swept"
                )
            }
            switch format {
            case .json: try client.printObject(data, of: path)
            case .table:
                let answer = try client.decode(CommitAnswer.self, data, path)
                let title = answer.message.prefix { !$0.isNewline }
                let head = "\(answer.commit.prefix(12)) \(answer.author): \(title)"
                let newest = await client.newestCommit(after: answer)
                try StandardOutput.write(PlainText.line(head) + "\n" + WaitText(answer, [], newest: newest).text)
            }
        }
    }
}

/// The name of a commit on the command line.
enum CommitName {
    /// The commit id that git resolves a name to in this folder, else the name itself if it may be a commit id.
    ///
    /// - Throws: ``ServerError`` of the kind `refused` for any other name.
    static func resolve(_ name: String) async throws(ServerError) -> String {
        if let found = try? await Repository.open(around: ".").revision(name) {
            if let ambiguity = found.ambiguity {
                StandardError.writeMessage("warning: \(ambiguity)")
            }
            return found.commit.description
        }
        guard (4...64).contains(name.count), name.allSatisfy(\.isHexDigit) else {
            throw ServerError(
                .refused,
                """
                \(name) is no commit of a repository in this folder: write its 40 hexadecimal digits or the first 4 or more of \
                them, or go to the jobs repository
                """
            )
        }
        return name.lowercased()
    }
}
