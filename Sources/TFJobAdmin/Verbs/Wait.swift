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
        let sha = await resolved
        do {
            let client = try server.client()
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

    /// The commit that git resolves a name to; where there is no repository here, the name itself.
    private var resolved: String {
        get async {
            let id = try? await Repository.open(around: ".").resolve(commit)
            return id?.description ?? commit.lowercased()
        }
    }
}
