/// The state of a job in the newest commit.
public enum DesiredJob: Equatable, Sendable {
    /// The file exists and is valid.
    case valid(Job)
    /// The file exists and is invalid.
    case invalid
    /// The file is gone, and the delete is held; see ``PruneGuard``.
    case kept
    /// The file is gone, and the whole tree was read.
    case absent
}

/// What was last applied for a job.
public struct AppliedJob: Equatable, Sendable {
    /// The definition that is in force.
    public let job: Job
    /// The newest run's number, from 1.
    public let run: Int
    /// Whether a delete or a replacement that did not finish has stopped that run, or meant to, although the definition
    /// does not suspend it.
    public let isStopped: Bool

    /// Creates the record of a run and the definition that it was started with.
    public init(job: Job, run: Int, isStopped: Bool = false) {
        self.job = job
        self.run = run
        self.isStopped = isStopped
    }
}

/// What to do for one job.
public enum ActionKind: String, Sendable, Codable, CaseIterable {
    /// Start the first run.
    case create
    /// Apply changes that need no restart.
    case update
    /// Stop the run and keep the job.
    case suspend
    /// Start the suspended run again.
    case resume
    /// Stop the run, then start a new one.
    case replace
    /// Touch nothing; the issue is reported.
    case hold
    /// Stop the run and remove the job.
    case delete

    /// Whether it begins a run with a new number.
    public var beginsRun: Bool { self == .create || self == .replace }

    /// Whether it starts replicas.
    public var startsRun: Bool { beginsRun || self == .resume }
}

/// Compares the desired state with the applied state. A pure function: no clock, no randomness, no I/O.
public enum Plan {
    /// Decides what to do for one job.
    ///
    /// - Parameters:
    ///   - desired: the state in the newest commit.
    ///   - applied: what was last applied; nil if nothing was.
    /// - Returns: nil if there is nothing to do.
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
        guard old.digest == new.digest, old.effectiveRerun == new.effectiveRerun else { return .replace }
        let wasSuspended = old.effectiveRunPolicy.isSuspended
        let isSuspended = new.effectiveRunPolicy.isSuspended
        guard wasSuspended == isSuspended else { return isSuspended ? .suspend : .resume }
        if applied.isStopped { return .resume }
        return old == new ? nil : .update
    }
}
