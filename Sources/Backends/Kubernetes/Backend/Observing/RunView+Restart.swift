import Foundation
import Jobs
import KubernetesClient

/// What follows from a failure where all replicas are restarted together (`restartScope: Job`).
extension RunView {
    enum Restart {
        /// The end stands as the objects tell it.
        case none
        /// Peers of one that failed are still ending, and the first failure decides.
        case undecided
        /// All replicas are to be started again, from a time on.
        case due(message: String, time: Date)
        /// The run is not started again.
        case final(End)
    }

    /// How long is waited before a restart of all replicas: not at all before the first, 10 s before the second, twice as long before each
    /// next, 10 min at most.
    ///
    /// Source for the figures: `DefaultJobPodFailureBackOff` and `MaxJobPodFailureBackOff`,
    /// <https://github.com/kubernetes/kubernetes/blob/6ae037f1db843e99547258d7dd292301a74ba0eb/pkg/controller/job/job_controller.go>.
    static func restartPause(after restarts: Int) -> TimeInterval {
        restarts == 0 ? 0 : min(600, 10 * Double(1 << min(restarts - 1, 10)))
    }

    /// Whether a failed run is started again.
    ///
    /// The failure that came first decides by the restart policy of its replica, since the peers of one that died fail too; of two in the same
    /// second the one that may be retried. What the cluster itself took away may always be.
    ///
    /// - Parameters:
    ///   - end: how the run ended, as far as its objects tell.
    ///   - job: what was started.
    ///   - now: the time.
    func restart(after end: End, _ job: Job, now: Date) -> Restart {
        guard job.restartsTogether, end.phase == .failed, let anchor, !isPastDeadline(end, anchor, job) else {
            return .none
        }
        let isWaitedFor = now.timeIntervalSince(end.time) <= Self.settlingTime && !anchor.isBeingDeleted
        guard hasSettled || !isWaitedFor else { return .undecided }
        let first = firstFailure(of: job)
        // Nothing is left of the pods where they were cleaned up before anybody saw them.
        let mayRestart =
            first?.isRetryable ?? job.replicas.allSatisfy { $0.count == 0 || $0.restartPolicy ?? .never != .never }
        let message = first?.message ?? end.message
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
            time: end.time + Self.restartPause(after: restarts)
        )
    }

    /// When all replicas may be started again; nil where they are not to be.
    func restartTime(now: Date) -> Date? {
        guard let anchor, let job, job.restartsTogether, result == nil,
            let end = outcome(anchor, job, replicas(of: job)),
            case .due(_, let time) = restart(after: end, job, now: now)
        else { return nil }
        return time
    }

    /// Whether the objects say that the run failed, and it is not over for all that.
    var awaitsRestart: Bool {
        job?.restartsTogether == true && result == nil && anchor?.isFinished == true && status?.phase.isFinal == false
    }

    /// The attempt after the one that is known.
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

    /// The failure that came first; those that are being deleted were ended by others for its sake.
    private func firstFailure(of job: Job) -> (isRetryable: Bool, message: String)? {
        let failed = pods.values.filter { $0.state == .failed }
        let own = failed.filter { !$0.isBeingDeleted || $0.isDisrupted }
        let failures = (own.isEmpty ? failed : own).compactMap { pod -> (Date, Bool, String)? in
            guard let type = pod.type, let index = pod.index,
                let group = job.replicas.first(where: { $0.type == type })
            else { return nil }
            return (pod.endTime ?? .distantPast, group.mayRetry(pod), "\(type.rawValue)-\(index) \(pod.failureText)")
        }
        return failures.min { ($0.0, $0.1 ? 0 : 1, $0.2) < ($1.0, $1.1 ? 0 : 1, $1.2) }.map { ($0.1, $0.2) }
    }
}

extension ReplicaGroup {
    /// Whether a pod that failed may be made again. One without an exit code did not fail by its script.
    fileprivate func mayRetry(_ pod: PodObject) -> Bool {
        if pod.isDisrupted { return true }
        return switch restartPolicy ?? .never {
        case .never: false
        case .onFailure, .always: true
        case .exitCode: pod.exitCode.map { $0 >= 128 } ?? true
        }
    }
}
