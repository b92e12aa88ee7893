import Jobs

/// Asks a service about a commit until there is nothing more to come, or no more time.
struct CommitWait {
    let client: ServerClient
    let commit: String
    /// When to give up.
    let end: ContinuousClock.Instant

    /// A run that a commit started, and how it stands.
    struct Run {
        let key: JobKey
        let phase: String
        let message: String

        var hasSucceeded: Bool { phase == Phase.succeeded.rawValue }
        var isOver: Bool { Phase(rawValue: phase)?.isFinal ?? false }
    }

    private static let pause = Duration.milliseconds(100)

    /// Waits until nothing of the commit is left to do.
    func settled() async throws(ServerError) -> CommitAnswer {
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
                // It may be on its way here, or the service about to start.
                guard error.kind == .notFound || error.isPassing else { throw error }
                reason = error.description
            }
        } while await rest()
        throw ServerError(.refused, "\(commit) is not carried out within the time: \(reason)")
    }

    /// Waits until the runs that the commit started are over.
    func finished(_ answer: CommitAnswer) async throws(ServerError) -> [Run] {
        var runs: [Run] = []
        let starting = [ActionKind.create, .replace, .resume].map(\.rawValue)
        for action in answer.actions where action.result == "done" && starting.contains(action.action ?? "") {
            runs.append(try await finished(action))
        }
        return runs
    }

    private func finished(_ action: CommitAnswer.Action) async throws(ServerError) -> Run {
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
        } while await rest()
        throw ServerError(.refused, "\(action.key) is not finished within the time: it is \(last)")
    }

    /// False where the time is over.
    private func rest() async -> Bool {
        guard ContinuousClock.now + Self.pause < end else { return false }
        return (try? await Task.sleep(for: Self.pause)) != nil
    }
}

/// What `wait` prints.
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
