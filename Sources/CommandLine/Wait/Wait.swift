import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin wait`: waits for a commit and shows the result.
struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Waits until a commit is carried out, or until the runs that it started have finished.",
        discussion: """
            Ends with 0 where all of it was done (and, with --for finished, succeeded), else with 1.
            """
    )

    /// The state to wait for.
    enum Goal: String, ExpressibleByArgument, CaseIterable {
        /// All actions of the commit are done.
        case applied
        /// The actions are done, and all runs that they started are over.
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
                StandardError.writeMessage(
                    """
                    \(commit) is no commit of a repository in this folder: write its 40 hexadecimal digits, or go to the jobs \
                    repository
                    """
                )
                throw ExitCode.failure
            }
            let wait = CommitWait(client: client, commit: sha, end: .now + timeout.duration)
            let answer = try await wait.waitUntilSettled()
            let runs = goal == .finished ? try await wait.waitForRuns(of: answer) : []
            print(WaitText(answer, runs).text, terminator: "")
            guard answer.state == "applied", runs.allSatisfy(\.hasSucceeded) else { throw ExitCode.failure }
        } catch let error as ServerError {
            StandardError.writeMessage("\(error)")
            throw error.exitCode
        }
    }

    /// The commit id that git resolves the argument to, else the argument itself if it may be a commit id, else nil.
    private var resolved: String? {
        get async {
            if let found = try? await Repository.open(around: ".").revision(commit) {
                if let ambiguity = found.ambiguity {
                    StandardError.writeMessage("warning: \(ambiguity)")
                }
                return found.commit.description
            }
            return commit.count <= 40 && commit.allSatisfy(\.isHexDigit) ? commit.lowercased() : nil
        }
    }
}

/// Asks a service about a commit until it is done or the time is over.
struct CommitWait {
    let client: ServerClient
    let commit: String
    /// The end of the wait.
    let end: ContinuousClock.Instant

    /// A run that a commit started, with its state.
    struct Run {
        let key: JobKey
        let phase: String
        let message: String

        var hasSucceeded: Bool { phase == Phase.succeeded.rawValue }
        var isOver: Bool { Phase(rawValue: phase)?.isFinal ?? false }
    }

    private static let pause = Duration.milliseconds(100)

    /// Waits until all actions of the commit are done.
    func waitUntilSettled() async throws(ServerError) -> CommitAnswer {
        var reason = "the service at \(client.address) does not know it"
        repeat {
            do throws(ServerError) {
                let answer = try await client.commit(commit)
                if answer.isSettled, !answer.isTriedAgain { return answer }
                let waiting = answer.actions.filter { $0.result == "pending" || $0.isTriedAgain }
                reason = "\(waiting.count) of its jobs are not done yet"
                if let first = waiting.first {
                    reason += ", \(first.key) first" + (first.error.map { ": \($0)" } ?? "")
                }
            } catch {
                // The service may fetch the commit soon, or may be about to start.
                guard error.kind == .notFound || error.isPassing else { throw error }
                reason = error.description
            }
        } while await waitForNextRequest()
        throw ServerError(.refused, "\(commit) is not carried out within the time: \(reason)")
    }

    /// Waits until the runs that the commit started are over.
    func waitForRuns(of answer: CommitAnswer) async throws(ServerError) -> [Run] {
        var runs: [Run] = []
        let starting = [ActionKind.create, .replace, .resume].map(\.rawValue)
        for action in answer.actions where action.result == "done" && starting.contains(action.action ?? "") {
            runs.append(try await waitForRun(of: action))
        }
        return runs
    }

    private func waitForRun(of action: CommitAnswer.Action) async throws(ServerError) -> Run {
        var last = "unknown"
        repeat {
            guard let job = try await client.job(action.key) else {
                return Run(key: action.key, phase: "gone", message: "a newer commit removed it")
            }
            if let run = action.run, job.status.run > run {
                return Run(key: action.key, phase: "replaced", message: "a newer commit started run \(job.status.run)")
            }
            let run = Run(key: action.key, phase: job.status.phase, message: job.status.message)
            if run.isOver { return run }
            last = job.status.phase
        } while await waitForNextRequest()
        throw ServerError(.refused, "\(action.key) is not finished within the time: it is \(last)")
    }

    /// Waits for a moment. Returns false if the time is over.
    private func waitForNextRequest() async -> Bool {
        guard ContinuousClock.now + Self.pause < end else { return false }
        return (try? await Task.sleep(for: Self.pause)) != nil
    }
}

/// The output of `wait`.
struct WaitText {
    private let answer: CommitAnswer
    private let runs: [CommitWait.Run]

    init(_ answer: CommitAnswer, _ runs: [CommitWait.Run]) {
        self.answer = answer
        self.runs = runs
    }

    var text: String {
        let actions = answer.actions.map { action in
            let kind = action.action.flatMap(ActionKind.init)
            let error = action.error.map { ": \($0)" } ?? ""
            return "\(kind?.sign ?? " ") \(action.key) \(action.action ?? "") \(action.result)\(error)"
        }
        let issues = answer.issues.map { "\($0)" }
        let ends = runs.map { "\($0.key) \($0.phase)" + ($0.message.isEmpty ? "" : ": \($0.message)") }
        let lines = actions + issues + ends + ["\(answer.commit.prefix(12)): \(answer.state)"]
        return lines.map { PlainText.line($0) + "\n" }.joined()
    }
}
