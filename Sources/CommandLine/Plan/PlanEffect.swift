import Jobs

/// The effect of an action on the running jobs. It depends on more than the kind of the action: a suspended job has no
/// run.
enum PlanEffect: CaseIterable {
    case start, restart, stop, suspend, resume, change
    case addSuspended, replaceSuspended, removeSuspended
    case hold

    init(_ action: TreePlan.Action) {
        let (ranBefore, runsAfter) = (action.before?.isToRun ?? false, action.after?.isToRun ?? false)
        self =
            switch action.kind {
            case .create: runsAfter ? .start : .addSuspended
            case .replace:
                switch (ranBefore, runsAfter) {
                case (true, true): .restart
                case (true, false): .suspend
                case (false, true): .start
                case (false, false): .replaceSuspended
                }
            case .delete: ranBefore ? .stop : .removeSuspended
            case .suspend: .suspend
            case .resume: .resume
            case .update: .change
            case .hold: .hold
            }
    }

    /// The effect in words.
    var words: String {
        switch self {
        case .start: "starts"
        case .restart: "restarts: the run is stopped and a new one starts"
        case .stop: "stops, and is removed"
        case .suspend: "stops, and is kept"
        case .resume: "starts again"
        case .change: "changes in place, nothing restarts"
        case .addSuspended: "is added, suspended: nothing starts"
        case .replaceSuspended: "changes, and stays suspended: nothing starts"
        case .removeSuspended: "is removed; it was suspended, and nothing stops"
        case .hold: "is held: nothing is touched, what runs goes on"
        }
    }

    /// The text that follows the number of jobs in the summary.
    fileprivate var count: String {
        switch self {
        case .start: "to start"
        case .restart: "to restart"
        case .stop: "to stop"
        case .suspend: "to suspend"
        case .resume: "to resume"
        case .change: "to change in place"
        case .addSuspended: "to add suspended"
        case .replaceSuspended: "to change suspended"
        case .removeSuspended: "to remove suspended"
        case .hold: "held"
        }
    }

    /// Whether the effect ends a run.
    var stopsSomething: Bool { self == .restart || self == .stop || self == .suspend }
}

extension Job {
    fileprivate var isToRun: Bool { !effectiveRunPolicy.isSuspended }
}

extension ActionKind {
    /// The sign of the action, as in other planning tools.
    var sign: String {
        switch self {
        case .create: "+"
        case .update, .suspend, .resume: "~"
        case .replace: "±"
        case .hold: "!"
        case .delete: "-"
        }
    }
}

extension PlanSource.Result {
    /// The maximum number of named jobs that a job waits for.
    private static let namedMost = 10

    /// Describes the effect of an action with the resources it needs and the run it ends.
    func effect(of action: TreePlan.Action) -> String {
        let effect = PlanEffect(action)
        var text = effect.words
        if effect == .start || effect == .resume, let job = action.after {
            var needs = ResourceSum()
            needs.addJob(job)
            text += ": CPU \(needs.cpuText), memory \(needs.memoryText), GPU \(needs.gpus)"
            if let ids = job.dependsOn, !ids.isEmpty {
                let more = ids.count > Self.namedMost ? " and \(ids.count - Self.namedMost) more" : ""
                text += ", after \(ids.prefix(Self.namedMost).joined(separator: ", "))\(more)"
            }
        }
        if let since = running?[action.key] {
            text += "; it runs since \(since)"
        } else if running != nil, effect.stopsSomething {
            text += "; it does not run now"
        }
        return text
    }
}

extension TreePlan {
    /// The number of jobs for each effect, such as `2 to start, 1 to restart`.
    var summary: String {
        var counts: [PlanEffect: Int] = [:]
        for action in actions {
            counts[PlanEffect(action), default: 0] += 1
        }
        let parts = PlanEffect.allCases.compactMap { effect in counts[effect].map { "\($0) \(effect.count)" } }
        return parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
    }
}

extension JSONValue {
    /// The value as JSON on one line. A missing value is a dash.
    var shown: String {
        switch self {
        case .null: "–"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .string(let value): PlainText.quoted(value)
        case .array(let values): "[" + values.map(\.shown).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(PlainText.quoted($0.key)): \($0.value.shown)" }
                .joined(separator: ", ") + "}"
        }
    }
}

/// Asks a service which jobs of a plan run.
struct RunningJobs {
    let client: ServerClient

    /// Returns the start time of each running job in the format of RFC 3339.
    func startTimes(of keys: [JobKey]) async throws(ServerError) -> [JobKey: String] {
        let jobs = try await keys.mapConcurrently { [client] key throws(ServerError) in try await client.job(key) }
        var running: [JobKey: String] = [:]
        for (key, job) in zip(keys, jobs) {
            guard let job, Self.phases.contains(job.status.phase) else { continue }
            running[key] = job.status.startTime ?? "just now"
        }
        return running
    }

    private static let phases = [Phase.running, .restarting].map(\.rawValue)
}
