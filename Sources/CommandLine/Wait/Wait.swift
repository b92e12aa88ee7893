import ArgumentParser
import Foundation
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
            let sha = try await CommitName.resolve(commit)
            var wait = CommitWait(client: client, commit: sha, end: .now + timeout.duration)
            let answer: CommitAnswer
            let runs: [CommitWait.Run]
            do {
                answer = try await wait.waitUntilSettled()
                runs = goal == .finished ? try await wait.waitForRuns(of: answer) : []
                try wait.progress.clear()
            } catch {
                try wait.progress.clear()
                throw error
            }
            print(WaitText(answer, runs, newest: await client.newestCommit(after: answer)).text, terminator: "")
            guard answer.state == "applied", runs.allSatisfy(\.hasSucceeded) else { throw ExitCode.failure }
        } catch let error as ServerError {
            StandardError.writeMessage("\(error)")
            throw error.exitCode
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
        /// Whether nothing more will come of it.
        let isOver: Bool

        var hasSucceeded: Bool { phase == Phase.succeeded.rawValue }
        var text: String { phase + (message.isEmpty ? "" : ": \(message)") }
    }

    /// What the terminal shows meanwhile.
    var progress = WaitProgress()

    private static let pause = Duration.milliseconds(100)

    /// Waits until all actions of the commit are done.
    mutating func waitUntilSettled() async throws -> CommitAnswer {
        var reason = "the service at \(client.address) does not know it"
        repeat {
            do throws(ServerError) {
                let answer = try await client.commit(commit)
                try? progress.showActions(answer.actions)
                if answer.isSettled, !answer.isTriedAgain { return answer }
                let waiting = answer.actions.filter { $0.result == "pending" || $0.isTriedAgain }
                reason = "\(waiting.count) of its jobs are not done yet"
                if let first = waiting.first {
                    reason += ", \(first.key) first" + (first.error.map { ": \($0)" } ?? "")
                }
            } catch {
                // The service may fetch the commit soon, or may be about to start.
                guard error.kind == .notFound || error.isPassing else { throw error }
                if reason != error.description {
                    await progress.showAbsence(error, commit, client)
                }
                reason = error.description
            }
        } while await waitForNextRequest()
        throw ServerError(.refused, "\(commit) is not carried out within the time: \(reason)")
    }

    /// Waits until the runs that the commit started are over. A job that waits for another one counts as over if it
    /// can't start because that one failed.
    mutating func waitForRuns(of answer: CommitAnswer) async throws -> [Run] {
        var report = answer
        let keys = Set(Self.starts(in: answer).map(\.key))
        var runs: [JobKey: Run] = [:]
        var open: [CommitAnswer.Action] = []
        repeat {
            let starts = Self.starts(in: report).filter { keys.contains($0.key) }
            open = starts.filter { runs[$0.key]?.isOver != true }
            let found = try await open.mapConcurrently { [self] action throws(ServerError) in try await run(of: action)
            }
            for run in found {
                runs[run.key] = run
            }
            for key in keys where !starts.contains(where: { $0.key == key }) {
                runs[key] = Run(key: key, phase: "gone", message: "a newer commit removed it", isOver: true)
            }
            let current = keys.sorted().compactMap { runs[$0] }
            try progress.showRuns(current)
            if current.allSatisfy(\.isOver) { return current }
            if open.contains(where: \.isWaiting) {
                report = try await client.commit(answer.commit)
            }
        } while await waitForNextRequest()
        let late = keys.sorted().compactMap { runs[$0] }.first { !$0.isOver }
        throw ServerError(.refused, late.map { "\($0.key) is not finished within the time: it is \($0.text)" } ?? "")
    }

    /// The actions that start runs, the newest of each job.
    private static func starts(in report: CommitAnswer) -> [CommitAnswer.Action] {
        let starts = report.actions.filter { action in
            let startsRun = action.action.flatMap(ActionKind.init)?.startsRun == true
            return startsRun && (action.result == "done" || action.result == "held" || action.isWaiting)
        }
        return Array(Dictionary(starts.map { ($0.key, $0) }) { $1 }.values)
    }

    /// A part of the service's sentence about a job that another one waits for and that has failed.
    private static let failedDependency = " failed (run "

    private func run(of action: CommitAnswer.Action) async throws(ServerError) -> Run {
        guard action.result == "done" else {
            let message = action.error ?? ""
            guard action.isWaiting else {
                return Run(key: action.key, phase: action.result, message: message, isOver: !action.isTriedAgain)
            }
            let isOver = message.contains(Self.failedDependency)
            return Run(key: action.key, phase: "not started", message: message, isOver: isOver)
        }
        guard let job = try await client.job(action.key) else {
            return Run(key: action.key, phase: "gone", message: "a newer commit removed it", isOver: true)
        }
        if let run = action.run, job.status.run > run {
            let message = "a newer commit started run \(job.status.run)"
            return Run(key: action.key, phase: "replaced", message: message, isOver: true)
        }
        let isOver = Phase(rawValue: job.status.phase)?.isFinal ?? false
        return Run(key: action.key, phase: job.status.phase, message: job.status.message, isOver: isOver)
    }

    /// Waits for a moment. Returns false if the time is over.
    private func waitForNextRequest() async -> Bool {
        guard ContinuousClock.now + Self.pause < end else { return false }
        return (try? await Task.sleep(for: Self.pause)) != nil
    }
}

/// What `wait` shows while it waits: on a terminal, one line for each job.
struct WaitProgress {
    private var screen = LiveScreen()

    /// Explains once why there is no answer yet.
    func showAbsence(_ error: ServerError, _ commit: String, _ client: ServerClient) async {
        guard error.kind == .notFound else { return StandardError.writeMessage("\(error); waiting") }
        let ping = try? await client.get(PingAnswer.self, "/api/ping")
        let branch = ping?.repository.branch ?? ""
        guard ping?.state?.writable != false else {
            let reason = ping?.state?.freeBytes.map { $0 < 1 << 20 } == true ? "disk full" : "see its log"
            return StandardError.writeMessage("the service can't write its state folder (\(reason)); the commit waits")
        }
        StandardError.writeMessage(
            "no commit \(commit) has reached \(branch.isEmpty ? "the branch" : branch) yet; waiting"
        )
    }

    /// Shows what the commit does with each job.
    mutating func showActions(_ actions: [CommitAnswer.Action]) throws {
        try show(actions.map { WaitText.line($0) })
    }

    /// Shows the state of each run.
    mutating func showRuns(_ runs: [CommitWait.Run]) throws {
        try show(runs.map { "\($0.key) \($0.text)" })
    }

    /// Removes the lines, before the result is printed.
    mutating func clear() throws { try show([]) }

    private mutating func show(_ lines: [String]) throws {
        guard Terminal.obeysEscapes, let size = Terminal.size else { return }
        try screen.drawLines(lines.map { PlainText.line($0).fitted(to: size.columns) }, size: size)
    }
}

/// The part of the REST view's state of the service that the command line needs.
struct PingAnswer: Decodable, Sendable {
    struct Repository: Decodable, Sendable {
        @Lenient var branch: String
        /// The newest commit; empty before the branch was read.
        @Lenient var head: String
    }

    struct Cluster: Decodable, Sendable, Equatable {
        let id: String
        @Lenient var backend: String
    }

    /// Absent while all is well.
    struct State: Decodable, Sendable {
        let writable: Bool?
        let freeBytes: Int?
    }

    let repository: Repository
    @Lenient var clusters: [Cluster]
    let state: State?
}

extension ServerClient {
    /// The newest commit, which came instead of a superseded one; nil for other commits, and if it is unknown.
    func newestCommit(after answer: CommitAnswer) async -> String? {
        guard answer.state == "superseded",
            let head = try? await get(PingAnswer.self, "/api/ping", deadline: .seconds(1)).repository.head,
            !head.isEmpty, head != answer.commit
        else { return nil }
        return head
    }
}

/// The output of `wait`.
struct WaitText {
    private let answer: CommitAnswer
    private let runs: [CommitWait.Run]
    private let newest: String?

    /// - Parameter newest: the commit that came instead of a superseded one; nil if unknown.
    init(_ answer: CommitAnswer, _ runs: [CommitWait.Run], newest: String?) {
        self.answer = answer
        self.runs = runs
        self.newest = newest
    }

    var text: String {
        let actions = answer.actions.map(Self.line)
        let issues = answer.issues.map { "\($0)" }
        let ends = runs.map { "\($0.key) \($0.text)" }
        let successor = newest.map { " by newer commits: see tfjob-admin commit \($0.prefix(12))" } ?? ""
        let lines = actions + issues + ends + ["\(answer.commit.prefix(12)): \(answer.state)\(successor)"]
        return lines.map { PlainText.line($0) + "\n" }.joined()
    }

    /// What a commit does with a job.
    static func line(_ action: CommitAnswer.Action) -> String {
        let kind = action.action.flatMap(ActionKind.init)
        let error = action.error.map { ": \($0)" } ?? ""
        return "\(kind?.sign ?? " ") \(action.key) \(action.action ?? "") \(action.result)\(error)"
    }
}
