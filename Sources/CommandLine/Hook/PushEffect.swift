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
    /// - Parameters:
    ///   - commit: the newest commit of the push.
    ///   - old: the commit before the push; nil if the push created the branch.
    ///   - time: how long to wait for the service.
    func printEffect(of commit: ObjectID, after old: ObjectID?, within time: Duration) async {
        let end = ContinuousClock.now + time
        do throws(ServerError) {
            guard let answer = try await waitForReport(commit, until: end) else {
                output.writeLines(
                    "tfjob-admin: the push has landed; the service at \(client.address) has not looked at it yet.",
                    "tfjob-admin: see what comes of it with: tfjob-admin wait \(commit)"
                )
                return
            }
            let removed = await Self.removedJobs(from: old, to: commit)
            try await printReport(answer, removed, until: end)
        } catch {
            output.writeLines("tfjob-admin: the push has landed; \(error)")
            if error.kind == .notReachable {
                output.writeLines(
                    "tfjob-admin: to tell the hook of another: git config tfjob-admin.server URL, in the repository"
                )
            }
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

    /// - Parameter removed: the jobs whose files the push removed.
    private func printReport(
        _ answer: CommitAnswer,
        _ removed: [JobKey],
        until end: ContinuousClock.Instant
    ) async throws(ServerError) {
        var lines: [String] = []
        var issues = answer.issues
        let end = min(end, .now + Self.startPatience)
        for action in answer.actions.prefix(Self.shown) {
            lines.append("  " + (try await line(action, &issues, until: end)))
        }
        if answer.actions.count > Self.shown {
            lines.append("  … and \(answer.actions.count - Self.shown) more jobs")
        }
        // A job that never started needs no action to be removed.
        let unstarted = answer.isSettled ? removed.filter { key in !answer.actions.contains { $0.key == key } } : []
        lines += unstarted.prefix(Self.shown).map { "  - \($0) removed; it had not started" }
        if unstarted.count > Self.shown {
            lines.append("  … and \(unstarted.count - Self.shown) more jobs removed that had not started")
        }
        for issue in issues.prefix(Self.shown) {
            lines.append("  \(issue)")
        }
        let summary =
            lines.isEmpty
            ? "no job changes"
            : answer.state == "applied" && answer.actions.contains(where: \.isWaiting)
                ? "all is done that need not wait for other jobs" : Self.words[answer.state] ?? answer.state
        let successor =
            await client.newestCommit(after: answer).map { ": see tfjob-admin commit \($0.prefix(12))" } ?? ""
        output.writeLines(["tfjob-admin: \(answer.commit.prefix(12)): \(summary)\(successor)"] + lines)
        if !answer.isSettled {
            output.writeLines("tfjob-admin: see how it ends with: tfjob-admin wait \(answer.commit)")
        }
    }

    /// Finds the jobs whose files a push removed. Returns none if the repository can't be read.
    private static func removedJobs(from old: ObjectID?, to new: ObjectID) async -> [JobKey] {
        guard let old, let repository = try? Repository.openFromEnvironment(),
            let changes = try? await repository.changes(from: old, to: new, under: JobPath.root)
        else { return [] }
        return changes.compactMap { change in
            guard change.new == nil, change.old?.kind.isRegular == true, case .job(let key) = JobPath(change.path)
            else { return nil }
            return key
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

    /// Describes what became of a job.
    ///
    /// - Parameter issues: the issues of the commit. One that the line contains is removed.
    private func line(
        _ action: CommitAnswer.Action,
        _ issues: inout [Issue],
        until end: ContinuousClock.Instant
    ) async throws(ServerError) -> String {
        let kind = action.action.flatMap(ActionKind.init)
        let name = "\(kind?.sign ?? " ") \(action.key)"
        switch action.result {
        case "done":
            let effect = kind?.pastEffect ?? "done"
            guard kind?.startsRun == true else { return "\(name) \(effect)" }
            guard let job = try await waitForStart(of: action.key, until: end) else {
                return "\(name) \(effect): it is gone again"
            }
            return "\(name) \(job.status.outcome(after: effect))"
        case "pending":
            let job = try await client.job(action.key, deadline: .seconds(1))
            if action.error == nil, kind?.stopsRun == true { return "\(name) is stopping" }
            let reason = action.error ?? job?.status.message ?? ""
            return reason.hasPrefix("waits ")
                ? "\(name) \(reason)" : "\(name) waits" + (reason.isEmpty ? "" : ": \(reason)")
        case "held":
            let index = issues.firstIndex { $0.path == action.key.path && $0.severity == .error }
            let reason = action.error ?? index.map { issues[$0].message } ?? ""
            guard !reason.isEmpty else { return "\(name) is held" }
            if action.error == nil, let index { issues.remove(at: index) }
            guard try await client.job(action.key, deadline: .seconds(1))?.status.run == 0 else {
                return "\(name) is held: \(reason)"
            }
            return "\(ActionKind.create.sign) \(action.key) could not start: \(reason)"
        default: return "\(name) is \(action.result)" + (action.error.map { ": \($0)" } ?? "")
        }
    }
}

extension JobAnswer.Status {
    /// What became of a run that an action started.
    ///
    /// - Parameter effect: the action in words, for example `started`.
    fileprivate func outcome(after effect: String) -> String {
        let why = message.isEmpty ? "" : ": \(message)"
        switch Phase(rawValue: phase) {
        case .failed where reason == "NotStarted":
            // The message begins with the name of the replica.
            return message.firstRange(of: "could not start").map { String(message[$0.lowerBound...]) } ?? message
        case .failed: return "\(effect): run \(run) failed\(why)"
        case .held: return "could not start\(why)"
        case .pending, .queued: return "\(effect): run \(run) is \(phase)\(why)"
        default: return "\(effect): run \(run) is \(phase)"
        }
    }
}

extension ActionKind {
    /// Whether it ends a run.
    var stopsRun: Bool { self == .suspend || self == .replace || self == .delete }

    /// The completed action in words.
    var pastEffect: String {
        switch self {
        case .create: "started"
        case .update: "changed in place"
        case .suspend: "suspended"
        case .resume: "started again"
        case .replace: "runs again"
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
            if let status, status.runCommit.isEmpty, ServiceJobs.State.earlyPhases.contains(status.phase) { continue }
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
