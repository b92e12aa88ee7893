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
        case .restart: "restarts: a run that goes on is stopped, and a new one starts"
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
    /// The maximum number of named jobs that a job waits for, or that wait for it.
    private static let namedMost = 10

    /// Describes the effect of an action with the resources it needs, the run it ends, and the jobs that wait for it.
    func effect(of action: TreePlan.Action) -> String {
        let effect = PlanEffect(action)
        let state = service?.states[action.key]
        var text = words(effect, state)
        if effect == .start || effect == .resume, let job = action.after {
            var needs = ResourceSum()
            needs.addJob(job)
            text += ": CPU \(needs.cpuText), memory \(needs.memoryText), GPU \(needs.gpus)"
            if let ids = job.dependsOn, !ids.isEmpty {
                let more = ids.count > Self.namedMost ? " and \(ids.count - Self.namedMost) more" : ""
                text += ", after \(ids.prefix(Self.namedMost).joined(separator: ", "))\(more)"
            }
        }
        if let state, state.runningSince != nil || state.waits || effect.stopsSomething {
            text += "; \(state.words)"
        }
        let waiting = dependents.filter { $0.dependency == action.key && service?.states[$0.key]?.waits == true }
        for dependent in waiting.prefix(Self.namedMost) {
            let reason = service?.states[dependent.key]?.message ?? ""
            text += "; \(dependent.key.id) waits for it: \(reason)"
        }
        return text
    }

    /// The effect in words. The state of the job decides what there is to stop.
    private func words(_ effect: PlanEffect, _ state: ServiceJobs.State?) -> String {
        guard let state else { return effect.words }
        let isOver = state.isOver || state.phase == Phase.suspended.rawValue
        switch effect {
        case .restart where state.runningSince != nil: return "restarts: the run is stopped and a new one starts"
        case .restart: return isOver ? "runs again" : "starts as changed"
        case .stop where state.runningSince == nil: return "is removed"
        case .suspend where state.runningSince == nil: return "is suspended"
        default: return effect.words
        }
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
