/// What the newest commit says of a job.
public enum DesiredJob: Equatable, Sendable {
    /// Its file is there and can be used.
    case valid(Job)
    /// Its file is there and can't.
    case invalid
    /// Its file is gone, and the delete is held: see ``PruneGuard``.
    case kept
    /// Its file is gone from a tree that was read whole.
    case absent
}

/// What was last carried out of a job.
public struct AppliedJob: Equatable, Sendable {
    /// The definition that is in force.
    public let job: Job
    /// The newest run's number, from 1.
    public let run: Int
    /// Whether that run was stopped, or was to be, though the definition does not ask for it: a delete or a replacement
    /// was begun and came to no end.
    public let isStopped: Bool

    /// The definition that a run was started with, and that run's number.
    public init(job: Job, run: Int, isStopped: Bool = false) {
        self.job = job
        self.run = run
        self.isStopped = isStopped
    }
}

/// What there is to do for one job.
public enum ActionKind: String, Sendable, Codable, CaseIterable {
    /// Start the first run.
    case create
    /// Take over what needs no restart.
    case update
    /// Stop the run and keep the job.
    case suspend
    /// Start the suspended run again.
    case resume
    /// Stop the run, then start a new one.
    case replace
    /// Touch nothing; the issue is reported.
    case hold
    /// Stop the run and forget the job.
    case delete
}

/// Compares what should be with what is. A pure function: no clock, no randomness, no I/O.
public enum Plan {
    /// Tells what to do for one job.
    ///
    /// - Parameters:
    ///   - desired: what the newest commit says.
    ///   - applied: what was carried out before; nil where nothing was.
    /// - Returns: nil where there is nothing to do.
    public static func action(desired: DesiredJob, applied: AppliedJob?) -> ActionKind? {
        switch (desired, applied) {
        case (.invalid, _): .hold
        case (.kept, nil), (.absent, nil): nil
        case (.kept, .some): .hold
        case (.absent, .some): .delete
        case (.valid, nil): .create
        case (.valid(let job), .some(let applied)): change(from: applied, to: job)
        }
    }

    private static func change(from applied: AppliedJob, to new: Job) -> ActionKind? {
        let old = applied.job
        guard old.digest == new.digest, (old.rerun ?? 0) == (new.rerun ?? 0) else { return .replace }
        let wasSuspended = old.effectiveRunPolicy.isSuspended
        let isSuspended = new.effectiveRunPolicy.isSuspended
        guard wasSuspended == isSuspended else { return isSuspended ? .suspend : .resume }
        if applied.isStopped { return .resume }
        return old == new ? nil : .update
    }
}
