import Foundation
import Git
import Jobs

/// Waits until the service has planned a push, and prints the effect.
struct PushEffect {
    private let client: ServerClient
    private let output: HookOutput
    private static let pause = Duration.milliseconds(40)
    /// How long to wait until all started jobs run.
    private static let startPatience = Duration.seconds(1)

    init(_ client: ServerClient, _ output: HookOutput) {
        self.client = client
        self.output = output
    }

    /// Prints the effect of a commit.
    ///
    /// - Parameter time: how long to wait for the service.
    func printEffect(of commit: ObjectID, within time: Duration) async {
        let end = ContinuousClock.now + time
        do throws(ServerError) {
            guard let answer = try await waitForReport(commit, until: end) else {
                output.writeLines(
                    "tfjob-admin: the push has landed; the service at \(client.address) has not looked at it yet.",
                    "tfjob-admin: see what comes of it with: tfjob-admin wait \(commit)"
                )
                return
            }
            try await printReport(answer, until: end)
        } catch {
            output.writeLines("tfjob-admin: the push has landed; \(error)")
        }
    }

    /// Waits until the commit is settled or the time is nearly over. Returns nil if the service does not know the
    /// commit by then.
    private func waitForReport(_ commit: ObjectID, until end: ContinuousClock.Instant) async throws(ServerError)
        -> CommitAnswer?
    {
        var known: CommitAnswer?
        repeat {
            do throws(ServerError) {
                let answer = try await client.commit("\(commit)", deadline: end - .now)
                known = answer
                if answer.isSettled { return answer }
            } catch {
                guard error.kind == .notFound else { throw error }
            }
            try? await Task.sleep(for: Self.pause)
        } while ContinuousClock.now + Self.pause < end
        return known
    }

    private func printReport(_ answer: CommitAnswer, until end: ContinuousClock.Instant) async throws(ServerError) {
        var lines: [String] = []
        let end = min(end, .now + Self.startPatience)
        for action in answer.actions.prefix(Self.shown) {
            lines.append("  " + (try await line(action, until: end)))
        }
        if answer.actions.count > Self.shown {
            lines.append("  … and \(answer.actions.count - Self.shown) more jobs")
        }
        for issue in answer.issues.prefix(Self.shown) {
            lines.append("  \(issue)")
        }
        let summary =
            answer.actions.isEmpty && answer.issues.isEmpty
            ? "no job changes" : Self.words[answer.state] ?? answer.state
        output.writeLines(["tfjob-admin: \(answer.commit.prefix(12)): \(summary)"] + lines)
        if !answer.isSettled {
            output.writeLines("tfjob-admin: see how it ends with: tfjob-admin wait \(answer.commit)")
        }
    }

    /// The maximum number of printed actions, and of printed issues.
    private static let shown = 20

    /// Waits a short time until a started job runs, and returns the job.
    private func waitForStart(of key: JobKey, until end: ContinuousClock.Instant) async throws(ServerError)
        -> JobAnswer?
    {
        let startingPhases = [Phase.pending, .preparing].map(\.rawValue)
        while true {
            let job = try await client.job(key, deadline: .seconds(1))
            guard let job, startingPhases.contains(job.status.phase), ContinuousClock.now < end else { return job }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static let words = [
        "applied": "all is done", "partial": "some is done, some is held or failed",
        "held": "nothing is done, it is held",
        "pending": "under way", "superseded": "a newer commit came before it was carried out",
    ]

    private func line(_ action: CommitAnswer.Action, until end: ContinuousClock.Instant) async throws(ServerError)
        -> String
    {
        let kind = action.action.flatMap(ActionKind.init)
        let name = "\(kind?.sign ?? " ") \(action.key)"
        switch action.result {
        case "done":
            guard kind?.startsRun == true else { return "\(name) \(kind?.pastEffect ?? "done")" }
            let job = try await waitForStart(of: action.key, until: end)
            let state = job.map { "run \($0.status.run) is \($0.status.phase)" } ?? "it is gone again"
            return "\(name) \(kind?.pastEffect ?? "done"): \(state)"
        case "pending":
            let job = try await client.job(action.key, deadline: .seconds(1))
            let reason = action.error ?? job?.status.message ?? ""
            return "\(name) waits" + (reason.isEmpty ? "" : ": \(reason)")
        default: return "\(name) is \(action.result)" + (action.error.map { ": \($0)" } ?? "")
        }
    }
}

extension ActionKind {
    /// Whether the action starts a run.
    fileprivate var startsRun: Bool { self == .create || self == .replace || self == .resume }

    /// The completed action in words.
    var pastEffect: String {
        switch self {
        case .create: "started"
        case .update: "changed in place"
        case .suspend: "stopped, and kept"
        case .resume: "started again"
        case .replace: "stopped and started anew"
        case .hold: "held"
        case .delete: "stopped and removed"
        }
    }
}

/// Lists the jobs whose code a push changed without changing their files.
struct KeptCodeNotice: Sendable {
    let old: ObjectID?
    let new: ObjectID
    let client: ServerClient

    /// The maximum number of listed jobs.
    private static let namedMost = 20
    /// The phases in which a job has not got its code yet.
    private static let earlyPhases = [Phase.pending, .queued, .held].map(\.rawValue)

    /// Returns one line for each job, and none if the repository can't be read.
    func lines() async -> [String] {
        guard let old, let repository = try? Repository.openFromEnvironment(),
            let kept = try? await TreeReading(repository, from: old, to: new).keptCode, !kept.isEmpty
        else { return [] }
        let paths = kept.prefix(Self.namedMost).map(\.key.path)
        let history = try? await repository.attributions(of: paths, under: JobPath.root, at: new)
        var lines: [String] = []
        var answers = true
        for (index, code) in kept.prefix(Self.namedMost).enumerated() {
            var status: JobAnswer.Status?
            if answers {
                do throws(ServerError) {
                    status = try await client.job(code.key, deadline: .milliseconds(500))?.status
                } catch {
                    answers = false
                }
            }
            if let status, status.runCommit.isEmpty, Self.earlyPhases.contains(status.phase) { continue }
            guard status?.runCommit != new.description else { continue }
            let known = status.flatMap { $0.runCommit.isEmpty ? nil : $0.runCommit }
            let commit = known ?? history?[index]?.changed?.commit.description
            lines.append("  " + PlainText.line(code.sentence(commit: commit)))
        }
        if kept.count > Self.namedMost {
            lines.append(
                "  … and \(kept.count - Self.namedMost) more jobs whose code changed; tfjob-admin plan lists them"
            )
        }
        return lines
    }
}
