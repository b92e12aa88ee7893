import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin wait`: what became of a commit.
struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Waits until a commit is carried out, or until the runs that it started have finished.",
        discussion: """
            Ends with 0 where all of it was done (and, with --for finished, succeeded), else with 1.
            """
    )

    /// What to wait for.
    enum Goal: String, ExpressibleByArgument, CaseIterable {
        /// Nothing of the commit is left to do.
        case applied
        /// And all runs that it started are over.
        case finished
    }

    @Argument(
        help: ArgumentHelp("A commit's name, or what git resolves to one in this folder: HEAD.", valueName: "commit")
    )
    var commit: String

    @Option(help: ArgumentHelp("How long to wait: 250ms, 15s, 10m, 1h.", valueName: "time"))
    var timeout = Timeout(duration: .seconds(600))

    @Option(name: .customLong("for"), help: "applied or finished.")
    var goal = Goal.applied

    @OptionGroup var server: ServerOptions

    func run() async throws {
        do {
            let client = try server.client()
            guard let sha = await resolved else {
                StandardError.say(
                    """
                    \(commit) is no commit of a repository in this folder: write its 40 hexadecimal digits, or go to the jobs \
                    repository
                    """
                )
                throw ExitCode.failure
            }
            let wait = CommitWait(client: client, commit: sha, end: .now + timeout.duration)
            let answer = try await wait.settled()
            let runs = goal == .finished ? try await wait.finished(answer) : []
            print(WaitText(answer, runs).text, terminator: "")
            guard answer.state == "applied", runs.allSatisfy(\.hasSucceeded) else { throw ExitCode.failure }
        } catch let error as ServerError {
            StandardError.say("\(error)")
            throw error.exitCode
        }
    }

    /// The commit that git resolves a name to; where it does not, the name itself if it may be one, else nil.
    private var resolved: String? {
        get async {
            if let found = try? await Repository.open(around: ".").revision(commit) {
                if let ambiguity = found.ambiguity {
                    StandardError.say("warning: \(ambiguity)")
                }
                return found.commit.description
            }
            return commit.count <= 40 && commit.allSatisfy(\.isHexDigit) ? commit.lowercased() : nil
        }
    }
}
