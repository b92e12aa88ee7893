import Foundation
import Jobs
import KubernetesClient

/// Whether a failure restarts all replicas together (`restartScope: Job`).
extension RunView {
    enum Restart {
        /// The end is as the objects show it.
        case none
        /// Peers of a failed replica are still ending, and the first failure decides.
        case undecided
        /// All replicas start again at a time.
        case due(message: String, time: Date)
        /// The run doesn't start again.
        case final(End)
    }

    /// How many seconds the peers of a failed replica have to end before the first failure decides.
    static let peerTime: TimeInterval = 5

    /// The pause before a restart of all replicas.
    func restartPause(after restarts: Int) -> TimeInterval {
        let jitter = RestartPause.jitter(of: id, restarts: restarts)
        return RestartPause.duration(after: restarts, jitter: jitter) / .seconds(1)
    }

    /// Decides whether a failed run starts again.
    ///
    /// The first failure decides, by the restart policy of its replica, because the peers of a dead replica fail too. Of two failures
    /// in the same second, the retryable one decides. A pod that the cluster ended is always retryable.
    ///
    /// - Parameters:
    ///   - end: how the run ended, by its objects.
    ///   - job: the job that was started.
    ///   - now: the time.
    func decideRestart(after end: End, _ job: Job, now: Date) -> Restart {
        guard rules(of: job).restartsTogether, end.phase == .failed, let anchor, !isPastDeadline(end, anchor, job)
        else {
            return .none
        }
        let mayWait = now.timeIntervalSince(end.time) <= Self.peerTime && !anchor.isBeingDeleted
        guard hasSettled || !mayWait else { return .undecided }
        let first = decidingFailure(of: job)
        // Without failed pods: they were deleted before the watch reported them.
        let mayRestart =
            first?.isRetryable ?? job.replicas.allSatisfy { $0.count == 0 || $0.effectiveRestartPolicy != .never }
        let message = first.map { "\($0.replica) \($0.pod.failure.text)" } ?? end.message
        var end = end
        guard mayRestart else {
            if first != nil {
                end.reason = "ReplicaFailed"
                end.message = message
            }
            return .final(end)
        }
        let restarts = anchor.attempt.number
        let limit = job.effectiveRunPolicy.effectiveBackoffLimit
        guard restarts < limit else {
            end.reason = "BackoffLimitExceeded"
            end.message =
                "\(message); all replicas were restarted \(restarts) times, and runPolicy.backoffLimit is \(limit)"
            return .final(end)
        }
        return .due(
            message: "\(message); all replicas are started again (restart \(restarts + 1) of \(limit))",
            time: end.time + restartPause(after: restarts)
        )
    }

    /// When all replicas start again; nil if they don't.
    func restartTime(now: Date) -> Date? {
        guard let anchor, let job, rules(of: job).restartsTogether, result == nil,
            let end = outcome(anchor, job, replicas(of: job)),
            case .due(_, let time) = decideRestart(after: end, job, now: now)
        else { return nil }
        return time
    }

    /// Whether the objects show a failure after which the run starts again.
    var awaitsRestart: Bool {
        job.map { rules(of: $0).restartsTogether } == true && result == nil && anchor?.isFinished == true
            && status?.phase.isFinal == false
    }

    /// The attempt after the current one.
    func nextAttempt(now: Date) -> Attempt? {
        guard let anchor, let job else { return nil }
        let beginning = replicas(of: job).compactMap(\.startTime).min()
        return anchor.attempt.next(job.effectiveRunPolicy, beginning: beginning, now: now)
    }

    private func isPastDeadline(_ end: End, _ anchor: AnchorObject, _ job: Job) -> Bool {
        if jobs.values.contains(where: { $0.failure?.reason == "DeadlineExceeded" }) { return true }
        guard let seconds = anchor.attempt.activeDeadlineSeconds ?? job.effectiveRunPolicy.activeDeadlineSeconds,
            let start = anchor.status?.startTime.flatMap(APITime.date)
        else { return false }
        return end.time >= start + TimeInterval(seconds)
    }

    /// The failed pod that ended the run: the first of those that failed by themselves or were disrupted by the cluster, else the
    /// first of those that were deleted. Of each replica, the newest pod counts.
    ///
    /// The failure of a pod that is being deleted is a consequence, or somebody deleted it.
    func decidingFailure(of job: Job) -> (pod: PodObject, replica: String, isRetryable: Bool)? {
        let rules = rules(of: job)
        let failed = job.replicas.flatMap { group in
            (0..<group.count).compactMap { index -> (pod: PodObject, replica: String, isRetryable: Bool)? in
                let name = "\(group.type.rawValue)-\(index)"
                guard let pod = pod(of: name), pod.state == .failed else { return nil }
                return (pod, name, group.mayRetry(pod, rules))
            }
        }
        let own = failed.filter { !$0.pod.isBeingDeleted || $0.pod.isDisrupted }
        return (own.isEmpty ? failed : own).min { left, right in
            let times = (left.pod.endTime ?? .distantPast, right.pod.endTime ?? .distantPast)
            return (times.0, left.isRetryable ? 0 : 1, left.replica) < (
                times.1, right.isRetryable ? 0 : 1, right.replica
            )
        }
    }
}

extension ReplicaGroup {
    /// Whether a failed pod may be replaced. Without an exit code of its own, the script didn't fail.
    fileprivate func mayRetry(_ pod: PodObject, _ rules: RunRules) -> Bool {
        if pod.isDisrupted { return true }
        return switch effectiveRestartPolicy {
        case .never: false
        case .onFailure, .always: true
        case .exitCode: pod.exitCode.map { $0 >= 128 || rules.retryExitCodes.contains($0) } ?? true
        }
    }
}
