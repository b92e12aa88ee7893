public import struct Foundation.Date

/// The end of a replica that the service did not order and that is no success.
public struct ReplicaFailure: Hashable, Sendable {
    /// The kinds of failure.
    public enum Cause: Hashable, Sendable {
        /// The main process ended with a code other than 0; 128 + n after signal n.
        case exit(code: Int)
        /// The replica is gone and its exit code is unknown: the machine went down, or its supervisor was killed.
        case lost
        /// The run made no progress, and this replica fell silent first.
        case noProgress
        /// A signal such as SIGSTOP holds the main process, and its peers failed because it does not answer.
        case frozen
        /// The main process could not be started, for the reason given.
        case notStarted(String)
        /// The replica used more memory than it may and was killed. The main process ended with the code.
        case outOfMemory(MemoryUse, code: Int)
    }

    /// The failed replica's type.
    public let type: ReplicaType
    /// The failed replica's index within its type.
    public let index: Int
    /// How it failed.
    public let cause: Cause
    /// When it failed. Nil: unknown, and earlier than the failures whose time is known.
    public let time: Date?

    /// Creates the failure of one replica.
    public init(_ type: ReplicaType, _ index: Int, _ cause: Cause, at time: Date?) {
        self.type = type
        self.index = index
        self.cause = cause
        self.time = time
    }

    /// The replica's name, for example `worker-0`.
    public var name: String { "\(type.rawValue)-\(index)" }
}

/// What is known of a run when its next step is decided.
public struct RunFacts: Sendable {
    /// The replicas with their states.
    public var replicas: [ReplicaStatus]
    /// The failures that no restart has answered yet.
    public var failures: [ReplicaFailure] = []
    /// How many restarts were decided, including those that are still due.
    public var restarts = 0
    /// When the next decided restart is due. Nil: none is.
    public var nextRestart: Date?
    /// How long the run has been active.
    public var active = ActiveTime()
    /// Whether the run was stopped on request.
    public var isStopped = false
    /// When the run finished. Nil: it is open.
    public var completionTime: Date?

    /// Creates the facts of an open run without failures.
    public init(replicas: [ReplicaStatus]) {
        self.replicas = replicas
    }
}

/// What to do next for a run.
public enum RunStep: Hashable, Sendable {
    /// Nothing, until a fact changes or the date has come.
    case wait(until: Date?)
    /// The run has succeeded.
    case succeed
    /// The run has failed. The first failure is the cause of the others.
    case fail(FailReason, [ReplicaFailure])
    /// Record a restart and end the replicas that still run and restart too.
    case restart(RestartPlan)
    /// Start the replicas of the restarts that are due.
    case launch
    /// The time to live of the finished run is over: remove its files.
    case expire
}

/// Why a run failed; the raw value is the ``RunStatus/reason``.
public enum FailReason: String, Sendable, Codable {
    /// A replica failed and may not restart.
    case replicaFailed = "ReplicaFailed"
    /// A replica's main process could not be started.
    case notStarted = "NotStarted"
    /// A replica failed after the last restart that `backoffLimit` allows.
    case backoffLimitExceeded = "BackoffLimitExceeded"
    /// The run was active for longer than `activeDeadlineSeconds`.
    case deadlineExceeded = "DeadlineExceeded"
    /// The run made no progress for `progressDeadlineSeconds` and may not restart.
    case noProgress = "NoProgress"
    /// A replica used more memory than it asked for and may not restart.
    case outOfMemory = "OutOfMemory"
}

/// A restart that was decided.
public struct RestartPlan: Hashable, Sendable {
    /// The failures that the restart answers. The first is the cause of the others.
    public let failures: [ReplicaFailure]
    /// Whether all replicas restart. If not, only the failed ones do.
    public let isOfAll: Bool
    /// The restart's number within the run, from 1.
    public let number: Int
    /// When the replicas start again.
    public let time: Date

    /// Creates a restart; ``RunRules/nextStep(_:now:jitter:)`` decides it.
    public init(failures: [ReplicaFailure], isOfAll: Bool, number: Int, time: Date) {
        self.failures = failures
        self.isOfAll = isOfAll
        self.number = number
        self.time = time
    }
}

extension RunRules {
    /// Decides the next step of a run.
    ///
    /// The first failure decides, because the peers of a failed replica fail too. A lost replica precedes all others:
    /// nobody recorded its end.
    ///
    /// - Parameter jitter: from 0 to 1; see ``RestartPause``.
    public func nextStep(_ facts: RunFacts, now: Date, jitter: Double) -> RunStep {
        if let end = facts.completionTime {
            guard let seconds = job.effectiveRunPolicy.ttlSecondsAfterFinished else { return .wait(until: nil) }
            let expiry = end.addingTimeInterval(Double(seconds))
            return now >= expiry ? .expire : .wait(until: expiry)
        }
        guard !facts.isStopped else { return .wait(until: nil) }
        if job.verdict(of: facts.replicas) == .succeeded { return .succeed }
        let deadline = job.effectiveRunPolicy.activeDeadlineSeconds.flatMap(facts.active.deadline)
        if let deadline, now >= deadline { return .fail(.deadlineExceeded, []) }
        guard facts.failures.isEmpty else { return answer(facts.failures, restarts: facts.restarts, now, jitter) }
        if let restart = facts.nextRestart, now >= restart { return .launch }
        return .wait(until: [deadline, facts.nextRestart].compactMap(\.self).min())
    }

    private func answer(_ failures: [ReplicaFailure], restarts: Int, _ now: Date, _ jitter: Double) -> RunStep {
        let ordered = failures.sorted { ($0.time ?? .distantPast, $0.name) < ($1.time ?? .distantPast, $1.name) }
        guard let first = ordered.first else { return .wait(until: nil) }
        guard mayRetry(first) else {
            let reason: FailReason =
                switch first.cause {
                case .notStarted: .notStarted
                case .noProgress: .noProgress
                case .outOfMemory: .outOfMemory
                case .exit, .lost, .frozen: .replicaFailed
                }
            return .fail(reason, ordered)
        }
        guard restarts < backoffLimit else { return .fail(.backoffLimitExceeded, ordered) }
        let pause = RestartPause.duration(after: restarts, jitter: jitter)
        return .restart(
            RestartPlan(
                failures: ordered,
                isOfAll: ordered.contains(where: restartsAll),
                number: restarts + 1,
                time: now.addingTimeInterval(pause / .seconds(1))
            )
        )
    }
}
