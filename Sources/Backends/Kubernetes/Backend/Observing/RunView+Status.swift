import Foundation
import Jobs
import KubernetesClient

extension RunView {
    /// The run's status for users; nil without an anchor.
    ///
    /// Pods come from another watch than the end of a TFJob or Job. So an end is shown once its pods have ended, or after
    /// ``settlingTime``, because they may be gone.
    var status: RunStatus? { status(now: Date()) }

    /// How many seconds an end waits for its exit codes.
    static let settlingTime: TimeInterval = 5

    func status(now: Date) -> RunStatus? {
        guard let anchor, let job else { return nil }
        if let result { return result }
        var status = RunStatus(pending: job)
        status.replicas = replicas(of: job)
        status.startTime = anchor.attempt.startTime ?? status.replicas.compactMap(\.startTime).min()
        guard let end = outcome(anchor, job, status.replicas) else {
            describeOpenRun(&status, anchor, job)
            return status
        }
        switch decideRestart(after: end, job, now: now) {
        case .none where isComplete(end, job, status.replicas, now: now):
            closeStatus(&status, with: end, anchor, job)
        case .final(let end): closeStatus(&status, with: end, anchor, job)
        case .due(let message, _):
            status.phase = .restarting
            status.reason = "ReplicaFailed"
            status.message = message
        case .undecided: status.phase = .running
        case .none: describeOpenRun(&status, anchor, job)
        }
        return status
    }

    private func closeStatus(_ status: inout RunStatus, with end: End, _ anchor: AnchorObject, _ job: Job) {
        status.phase = end.phase
        status.reason = end.reason
        status.message = end.message
        if end.phase == .succeeded {
            addDeviation(to: &status, job)
        }
        status.completionTime = end.time
        status.startTime = status.startTime ?? anchor.status?.startTime.flatMap(APITime.date)
        status.replicas = status.replicas.map { $0.closed(as: end.phase) }
    }

    /// Whether the pods explain the end, or can't be expected to any more.
    private func isComplete(_ end: End, _ job: Job, _ replicas: [ReplicaStatus], now: Date) -> Bool {
        // No pod and no Job has ended, so none will explain it.
        if lastEnd == nil, anchor?.status?.conditions.isFinished != true { return true }
        if abs(now.timeIntervalSince(end.time)) > Self.settlingTime { return true }
        return end.phase == .failed
            ? failure(of: job, replicas) != nil : job.verdict(of: replicas) == .succeeded
    }

    /// Whether all replicas except parameter servers have ended. Parameter servers never end by themselves.
    var hasSettled: Bool {
        guard let job else { return true }
        return replicas(of: job).allSatisfy { $0.type == .ps || $0.state.isOver }
    }

    struct End {
        var phase: Phase
        var reason = ""
        var message = ""
        var time: Date
    }

    /// How the run ended, by the TFJob's conditions or by our own verdict on Indexed Jobs; nil if it is open.
    func outcome(_ anchor: AnchorObject, _ job: Job, _ replicas: [ReplicaStatus]) -> End? {
        let conditions = anchor.status?.conditions
        if let end = conditions.holding("Failed") ?? conditions.holding("Succeeded") {
            let time = anchor.status?.completionTime.flatMap(APITime.date) ?? end.date ?? Date()
            guard end.type == "Failed" else { return End(phase: .succeeded, time: time) }
            let (reason, message) = failure(of: job, replicas) ?? (end.reason ?? "Failed", end.message ?? "")
            return End(phase: .failed, reason: reason, message: message, time: time)
        }
        guard !jobs.isEmpty else { return nil }
        switch verdict(of: job, replicas) {
        case .open: return nil
        case .succeeded: return End(phase: .succeeded, time: lastEnd ?? Date())
        case .failed(let reason, let message):
            return End(phase: .failed, reason: reason, message: message, time: lastEnd ?? Date())
        }
    }

    /// When the last ended pod or Job ended; nil if none has a time.
    var lastEnd: Date? {
        let pods = pods.values.compactMap(\.endTime)
        return (pods + jobs.values.compactMap { $0.end?.date }).max()
    }

    /// The replica whose failure ended the run.
    private func failure(of job: Job, _ replicas: [ReplicaStatus]) -> (reason: String, message: String)? {
        guard let failed = replicas.first(where: { $0.state == .failed }),
            let pod = pods.values.first(where: { $0.replica == failed.name && $0.state == .failed })
        else { return nil }
        return ("ReplicaFailed", "\(failed.name) \(pod.failureText)")
    }

    /// The verdict on a run of Indexed Jobs. A failed pod counts once its Job has failed; until then the Job may replace it.
    private func verdict(of job: Job, _ replicas: [ReplicaStatus]) -> Verdict {
        let byType = Dictionary(jobs.values.compactMap { job in job.type.map { ($0, job) } }) { first, _ in first }
        let judged = replicas.map { replica in
            var replica = replica
            let own = byType[replica.type]
            if own?.hasCompleted(replica.index) == true {
                replica.state = .succeeded
            } else if replica.state == .failed, own?.failure == nil {
                replica.state = .running
            }
            return replica
        }
        let verdict = job.verdict(of: judged)
        if verdict == .succeeded { return verdict }
        if let (type, failure) = byType.sorted(by: { $0.key.rawValue < $1.key.rawValue })
            .compactMap({ type, job in job.failure.map { (type, $0) } }).first
        {
            if case .failed = verdict, let found = self.failure(of: job, judged) {
                return .failed(reason: found.reason, message: found.message)
            }
            return .failed(
                reason: failure.reason ?? "Failed",
                message: "\(type.rawValue): \(failure.message ?? "failed")"
            )
        }
        let restarts = replicas.reduce(0) { $0 + $1.restartCount }
        let limit = job.effectiveRunPolicy.effectiveBackoffLimit
        guard !job.restartsTogether, restarts > limit, judged.contains(where: { $0.state != .succeeded }) else {
            return verdict
        }
        return .failed(
            reason: "BackoffLimitExceeded",
            message: "replicas were restarted \(restarts) times, and runPolicy.backoffLimit is \(limit)"
        )
    }

    /// Sets the phase, reason and message of an open run.
    private func describeOpenRun(_ status: inout RunStatus, _ anchor: AnchorObject, _ job: Job) {
        let conditions = anchor.status?.conditions
        let isRunning = status.replicas.contains { $0.state == .running }
        let waiting = waitingReason(of: job)
        status.reason = waiting?.reason ?? ""
        status.message = waiting?.message ?? ""
        if conditions.holding("Suspended") != nil || jobs.values.contains(where: { $0.spec?.suspend == true }) {
            status.phase = .queued
            status.reason = "Suspended"
            status.message = "waits until its queue lets it in"
        } else if isRunning {
            status.phase = .running
        } else if conditions.holding("Restarting") != nil || status.replicas.contains(where: { $0.restartCount > 0 }) {
            status.phase = .restarting
        } else if status.startTime != nil {
            // All pods have ended, and the verdict is still to come.
            status.phase = .running
        } else if waiting?.reason == "Unschedulable" || waiting?.reason == "SchedulingGated" {
            status.phase = .queued
        } else {
            status.phase = pods.isEmpty ? .pending : .preparing
        }
        addDeviation(to: &status, job)
    }

    /// Explains where the run deviates from the job file, unless the status has another reason or message.
    ///
    /// A Job can't have pods with the restart policy Always: `validateJobSpec`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/batch/validation/validation.go>.
    private func addDeviation(to status: inout RunStatus, _ job: Job) {
        guard status.reason.isEmpty, status.message.isEmpty, job.restartsTogether || !jobs.isEmpty,
            let group = job.replicas.first(where: { $0.count > 0 && $0.restartPolicy == .always })
        else { return }
        let cause = job.restartsTogether ? "restartScope: Job" : "flavor: job"
        status.reason = "AlwaysActsAsOnFailure"
        status.message =
            "\(group.type.rawValue): with \(cause) restartPolicy Always acts as OnFailure, and what ends with 0 is not started again; write OnFailure"
    }
}

extension ReplicaStatus {
    /// The replica of a finished run: the backend ends a replica that still runs, so it is shown as the run ended.
    fileprivate func closed(as phase: Phase) -> ReplicaStatus {
        guard !state.isOver else { return self }
        var status = self
        status.state = phase == .succeeded ? .succeeded : .failed
        status.exitCode = nil
        return status
    }
}
