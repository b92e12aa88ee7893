import Jobs
import Synchronization

/// The jobs that the dispatcher leaves alone for now: an action is under way, they rest after a failure, or they wait for others.
///
/// The state is in memory only. After a kill the journal has all that is needed: its dirty jobs are planned again.
final class WorkBoard: Sendable {
    private struct State {
        var slots = ActionSlots()
        var retries = RetrySchedule()
        /// The jobs that wait for others to succeed, each with these.
        var waiting: [JobKey: Set<JobKey>] = [:]
    }

    private let state = Mutex(State())

    /// The jobs that wait for others.
    var waitingJobs: Set<JobKey> { state.withLock { Set($0.waiting.keys) } }

    /// The jobs that can't be planned now.
    var unavailableJobs: Set<JobKey> {
        state.withLock { $0.retries.resting.union($0.slots.underWay.keys).union($0.waiting.keys) }
    }
}

// MARK: - Actions

extension WorkBoard {
    /// Whether no action is under way.
    var isIdle: Bool { state.withLock(\.slots.underWay.isEmpty) }

    /// The jobs with an action under way.
    var jobsUnderWay: Set<JobKey> { state.withLock { Set($0.slots.underWay.keys) } }

    func isUnderWay(_ key: JobKey) -> Bool { state.withLock { $0.slots.underWay[key] != nil } }

    /// How many more actions may begin on a cluster.
    func room(on cluster: String, limit: Int) -> Int { state.withLock { $0.slots.room(on: cluster, limit: limit) } }

    /// Starts the action of a job; the action itself ends with ``endAction(of:)``.
    func beginAction(of key: JobKey, _ action: @escaping @Sendable () async -> Void) {
        // Under the lock, so that a short action can't end before it is recorded. A kill leaves its intent in the journal.
        state.withLock { $0.slots.begin(key, Task { await action() }) }
    }

    func endAction(of key: JobKey) { state.withLock { $0.slots.end(key) } }

    /// Begins a stop that may take long.
    func beginStop(of key: JobKey) { state.withLock { $0.slots.beginStop(of: key) } }

    func endStop(of key: JobKey) { state.withLock { $0.slots.endStop(of: key) } }

    /// Gives the slot of a stop to other jobs.
    ///
    /// - Returns: false if the stop is over or had no slot any more.
    func releaseSlot(of key: JobKey) -> Bool { state.withLock { $0.slots.releaseSlot(of: key) } }

    /// Waits until the actions under way have ended, or the time is over.
    func waitForActions(atMost time: Duration) async {
        let actions = state.withLock { Array($0.slots.underWay.values) }
        let (ends, end) = AsyncStream<Void>.makeStream()
        let watch = Task {
            for action in actions {
                await action.value
            }
            end.finish()
        }
        let clock = Task {
            try? await Task.sleep(for: time)
            end.finish()
        }
        for await _ in ends {}
        watch.cancel()
        clock.cancel()
    }
}

// MARK: - Retries

extension WorkBoard {
    /// Lets a job rest after a failure, see ``RetrySchedule/rest(_:for:first:jitter:)``.
    func rest(_ key: JobKey, for cause: RetrySchedule.Cause, first: Duration) -> (Duration, isNew: Bool) {
        state.withLock { $0.retries.rest(key, for: cause, first: first, jitter: Double.random(in: 0...1)) }
    }

    /// Whether a job rests because its action was refused.
    func restsForRefusal(_ key: JobKey) -> Bool { state.withLock { $0.retries.restsForRefusal(key) } }

    func endRest(of key: JobKey) { state.withLock { $0.retries.endRest(of: key) } }

    /// Forgets the failures of a job whose action is done.
    func forgetFailures(of key: JobKey) { state.withLock { $0.retries.forgetFailures(of: key) } }

    /// Lets the resting jobs of some clusters be tried at once.
    func endRests(where isIncluded: (String) -> Bool) {
        state.withLock { state in
            state.retries.reset(state.retries.resting.filter { isIncluded($0.cluster) })
        }
    }

    /// Lets jobs be tried at once whose files changed, and plans again what waits for others.
    func resetJobs(_ changed: [JobKey]) {
        state.withLock { state in
            state.waiting = [:]
            state.retries.reset(changed)
        }
    }
}

// MARK: - Dependencies

extension WorkBoard {
    /// Keeps a job from being planned until one of the jobs that it needs changes.
    func beginWait(of key: JobKey, for needed: Set<JobKey>) { state.withLock { $0.waiting[key] = needed } }

    func endWait(of key: JobKey) { state.withLock { $0.waiting[key] = nil } }

    /// Ends the waits for a job that changed.
    ///
    /// - Returns: whether there were any.
    func endWaits(for key: JobKey) -> Bool {
        state.withLock { state in
            let released = state.waiting.filter { $0.value.contains(key) }.map(\.key)
            released.forEach { state.waiting[$0] = nil }
            return !released.isEmpty
        }
    }
}

/// The actions that are under way, at most one for each job.
///
/// A job that lingers is being stopped, and a job that is being stopped is under way: `lingering ⊆ stopping ⊆ underWay`. A
/// lingering job has no slot, so that others go on while its stop takes long.
struct ActionSlots: Sendable {
    private(set) var underWay: [JobKey: Task<Void, Never>] = [:]
    private var stopping: Set<JobKey> = []
    private var lingering: Set<JobKey> = []

    /// How many more actions may begin on a cluster.
    func room(on cluster: String, limit: Int) -> Int {
        limit - underWay.keys.count { $0.cluster == cluster && !lingering.contains($0) }
    }

    mutating func begin(_ key: JobKey, _ task: Task<Void, Never>) {
        underWay[key] = task
    }

    mutating func end(_ key: JobKey) {
        endStop(of: key)
        underWay[key] = nil
    }

    mutating func beginStop(of key: JobKey) {
        guard underWay[key] != nil else { return }
        stopping.insert(key)
    }

    mutating func endStop(of key: JobKey) {
        stopping.remove(key)
        lingering.remove(key)
    }

    /// Takes the slot from a job whose stop takes long.
    ///
    /// - Returns: whether it had one.
    mutating func releaseSlot(of key: JobKey) -> Bool {
        stopping.contains(key) && lingering.insert(key).inserted
    }
}
