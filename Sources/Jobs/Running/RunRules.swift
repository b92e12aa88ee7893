import Formats

/// The version of the defaults that a run started with.
///
/// A backend records the version with the run and judges the run by it to its end. So a new default never restarts a
/// run that has failed.
public enum DefaultsVersion: Int, Sendable, Codable, CaseIterable {
    /// The version of runs whose record has none: `restartScope` is `Replica`, and no exit code below 128 is retried.
    case replicaScope = 1
    /// `restartScope` depends on the replicas, and `retryExitCodes` is `[42]`.
    case scopeByShape = 2

    /// The version of new runs.
    public static let current = DefaultsVersion.scopeByShape
}

/// The run policy of a job with all defaults filled in, and the decisions that follow from it.
///
/// All functions are pure: they use no clock, no randomness and no I/O.
public struct RunRules: Hashable, Sendable {
    /// The job that the run was started with.
    public let job: Job
    /// The version of the defaults that the run started with.
    public let defaults: DefaultsVersion

    /// Creates the rules of one run.
    public init(_ job: Job, defaults: DefaultsVersion = .current) {
        self.job = job
        self.defaults = defaults
    }

    private var policy: RunPolicy { job.effectiveRunPolicy }

    /// Which replicas restart when one fails. The default is ``RestartScope/job`` for several replicas without a ps,
    /// else ``RestartScope/replica``.
    public var restartScope: RestartScope {
        if let scope = policy.restartScope { return scope }
        let hasServers = job.replicas.contains { $0.type == .ps && $0.count > 0 }
        return defaults == .replicaScope || job.replicaCount == 1 || hasServers ? .replica : .job
    }

    /// The exit codes below 128 that ``RestartPolicy/exitCode`` retries.
    public var retryExitCodes: Set<Int> {
        if defaults == .replicaScope, policy.retryExitCodes == nil { return [] }
        return Set(policy.effectiveRetryExitCodes)
    }

    /// How many restarts the run may have in total.
    public var backoffLimit: Int { policy.effectiveBackoffLimit }

    /// What happens to replicas that still run when the run has finished.
    public var cleanPodPolicy: CleanPodPolicy { policy.effectiveCleanPodPolicy }

    /// Whether a failed replica may restart. A lost replica may restart under every policy, because its script did not
    /// fail.
    public func mayRetry(_ failure: ReplicaFailure) -> Bool {
        let policy = job.replicas.first { $0.type == failure.type }?.effectiveRestartPolicy ?? .never
        return switch (failure.cause, policy) {
        case (.lost, _): true
        case (.notStarted, _), (_, .never): false
        case (_, .onFailure), (_, .always), (.noProgress, .exitCode), (.frozen, .exitCode): true
        case (.exit(let code), .exitCode), (.outOfMemory(_, let code), .exitCode):
            code >= 128 || retryExitCodes.contains(code)
        }
    }

    /// Whether the failure of a replica restarts all replicas: under ``RestartScope/job``, when the run hangs, and always
    /// for a parameter server, a chief or a master, because the others depend on its state.
    public func restartsAll(after failure: ReplicaFailure) -> Bool {
        restartScope == .job || failure.cause == .noProgress || [.ps, .chief, .master].contains(failure.type)
    }
}

/// How long a run waits before it restarts replicas.
public enum RestartPause {
    /// The longest pause: 5 min.
    public static let longest = Duration.seconds(300)

    /// Returns the pause before the next restart: none before the first, then 10 s, doubled with each further restart.
    ///
    /// Only failures pause. A run that was stopped on request and is resumed starts at once.
    ///
    /// - Parameters:
    ///   - restarts: how many restarts the run has had.
    ///   - jitter: from 0 to 1. It varies the pause by a tenth in both directions, so that runs which failed together
    ///     do not start together.
    public static func duration(after restarts: Int, jitter: Double) -> Duration {
        guard restarts > 0 else { return .zero }
        let pause = Duration.seconds(10) * (1 << min(restarts - 1, 10))
        return min(longest, min(longest, pause) * (0.9 + jitter / 5))
    }

    /// A jitter that is always the same for one restart of one run, for a backend that derives the time of a restart from
    /// what it observes.
    ///
    /// - Returns: a number from 0 up to 1.
    public static func jitter(of run: RunID, restarts: Int) -> Double {
        let hash = "\(run) \(restarts)".utf8.fnv1a
        // The high bits of a short text are alike.
        return Double((hash ^ hash >> 32) & 0xFFFF) / 0x1_0000
    }
}

/// When the processes of a run that must stop get signals, in seconds from the notice of the stop.
///
/// The leader is notified first, because a training saves its state through it. Peers that die first would make this
/// impossible.
public struct StopSchedule: Hashable, Sendable, Codable {
    /// When the leader's main process gets SIGTERM.
    public let leader: Double
    /// When the main processes of the other replicas get SIGTERM.
    public let others: Double
    /// When every remaining process gets SIGKILL.
    public let kill: Double

    /// The schedule of an ordered stop: the leader at once, the others after a third of the grace period.
    public init(gracePeriod seconds: Double) {
        (leader, others, kill) = (0, seconds / 3, seconds)
    }

    /// The schedule without a leader: all are notified at once.
    public init(allAtOnceWithin seconds: Double) {
        (leader, others, kill) = (0, 0, seconds)
    }
}

extension RunRules {
    /// The seconds between the notice of a stop and SIGKILL.
    public var gracePeriod: Double { Double(policy.effectiveGracePeriodSeconds) }

    /// How the replicas stop after a failure.
    ///
    /// The replicas of a run that hangs stop as on request. The peers of a failed replica stop all at once and within
    /// 10 s: without it they can't save a common state.
    public func stopSchedule(after failure: ReplicaFailure.Cause?) -> StopSchedule {
        failure == .noProgress
            ? StopSchedule(gracePeriod: gracePeriod) : StopSchedule(allAtOnceWithin: min(gracePeriod, 10))
    }

    /// The replica through which a training saves its state: the chief or master, else worker 0, else the first
    /// replica.
    public var leader: String? {
        let names = RunStatus(pending: job).replicas.map(\.name)
        return LoggedRun(number: 0, replicas: names).leader
    }
}
