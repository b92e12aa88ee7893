import Jobs

/// Delays the next try of something that failed. Each further failure doubles the delay, up to a limit.
struct Backoff: Sendable {
    private let first: Duration
    /// The longest delay.
    var longest: Duration
    private var failures = 0

    /// - Parameters:
    ///   - first: the delay after the first failure. Default: 1 s.
    ///   - longest: the longest delay. Default: 5 min.
    init(first: Duration = .seconds(1), longest: Duration = .seconds(300)) {
        self.first = first
        self.longest = longest
    }

    /// Counts a failure, and returns how long to wait.
    ///
    /// - Parameter jitter: from 0 to 1; spreads the tries of many jobs over half the delay, so that they do not come at once.
    mutating func nextDelay(jitter: Double) -> Duration {
        let delay = min(longest, first * (1 << min(failures, 16)))
        failures += 1
        return delay * (0.5 + jitter / 2)
    }
}

/// The jobs whose last action did not succeed and is tried again.
///
/// A job rests until its delay is over. Its next failure doubles the delay, until an action is done or its file changes. A failure
/// of another kind begins with the first delay again.
struct RetrySchedule: Sendable {
    /// Why an action is tried again.
    enum Cause: Sendable, Equatable {
        /// The backend, the repository or the journal could not be asked.
        case outage(String)
        /// The backend refused the action.
        case refusal(String)
    }

    private struct Entry {
        var cause: Cause
        var backoff: Backoff
    }

    /// The longest rest after a refusal. Its cause may end without a signal: somebody raises a quota, or deletes an object.
    private static let longestRefusal = Duration.seconds(30)
    /// How much longer that is for each job that rests, so that at most about 20 are tried in a second.
    private static let crowdPause = Duration.milliseconds(50)

    private var entries: [JobKey: Entry] = [:]
    private(set) var resting: Set<JobKey> = []

    /// Lets a job rest after a failure.
    ///
    /// - Parameters:
    ///   - key: the job.
    ///   - cause: why its action failed.
    ///   - first: the delay after the first failure of this kind.
    ///   - jitter: from 0 to 1.
    /// - Returns: how long it rests, and whether the cause is another one than before.
    mutating func rest(_ key: JobKey, for cause: Cause, first: Duration, jitter: Double) -> (Duration, isNew: Bool) {
        let known = entries[key]
        var entry = Entry(cause: cause, backoff: Backoff(first: first))
        if let known, known.cause.isRefusal == cause.isRefusal {
            entry.backoff = known.backoff
        }
        if cause.isRefusal {
            entry.backoff.longest = max(Self.longestRefusal, Self.crowdPause * resting.count)
        }
        let delay = entry.backoff.nextDelay(jitter: jitter)
        entries[key] = entry
        resting.insert(key)
        return (delay, known?.cause != cause)
    }

    /// Whether a job rests because its action was refused.
    func restsForRefusal(_ key: JobKey) -> Bool {
        resting.contains(key) && entries[key]?.cause.isRefusal == true
    }

    /// Ends a rest; the failures still count.
    mutating func endRest(of key: JobKey) {
        resting.remove(key)
    }

    /// Forgets the failures of a job whose action is done.
    mutating func forgetFailures(of key: JobKey) {
        entries[key] = nil
    }

    /// Ends the rest of some jobs, and forgets their failures.
    mutating func reset(_ keys: some Sequence<JobKey>) {
        guard !entries.isEmpty || !resting.isEmpty else { return }
        for key in keys {
            entries[key] = nil
            resting.remove(key)
        }
    }
}

extension RetrySchedule.Cause {
    fileprivate var isRefusal: Bool { if case .refusal = self { true } else { false } }
}
