import Foundation
import Jobs
import KubernetesClient

/// How runs end, and why.
extension RunView {
    /// Why an owner gave up, beside the failure of a pod.
    enum FailureCause {
        case deadline
        case backoffLimit
        case other
    }

    /// The verdict on a run of Indexed Jobs; nil if it is open. A failed pod counts once its Job has failed; until then the Job may
    /// replace it.
    func outcomeOfJobs(_ job: Job, _ replicas: [ReplicaStatus]) -> End? {
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
        let time = lastEnd ?? Date()
        if job.verdict(of: judged) == .succeeded { return End(phase: .succeeded, time: time) }
        let failures = byType.sorted { $0.key.rawValue < $1.key.rawValue }
            .compactMap { type, job in job.failure.map { (type, $0) } }
        if let (type, failure) = failures.first(where: { $0.1.failureCause == .deadline }) ?? failures.first {
            let message = "\(type.rawValue): \(failure.message ?? "failed")"
            return explainFailure(failure.failureCause, failure.reason ?? "Failed", message, job, time)
        }
        let restarts = replicas.reduce(0) { $0 + $1.restartCount }
        guard !rules(of: job).restartsTogether, restarts > job.effectiveRunPolicy.effectiveBackoffLimit,
            judged.contains(where: { $0.state != .succeeded })
        else { return nil }
        return explainFailure(.backoffLimit, "BackoffLimitExceeded", "", job, time)
    }

    /// Puts a failure into words, with the exit code if one is known.
    ///
    /// - Parameters:
    ///   - cause: why the owner gave up.
    ///   - reason: the owner's reason, if nothing explains it better.
    ///   - message: the owner's message.
    func explainFailure(_ cause: FailureCause, _ reason: String, _ message: String, _ job: Job, _ time: Date) -> End {
        let decider = decidingFailure(of: job)
        let policy = job.effectiveRunPolicy
        switch cause {
        case .deadline:
            let limit = anchor?.attempt.activeDeadlineSeconds ?? policy.activeDeadlineSeconds
            return End(
                phase: .failed,
                reason: "DeadlineExceeded",
                message: "the run was active for longer than runPolicy.activeDeadlineSeconds allows"
                    + (limit.map { " (\($0) s)" } ?? ""),
                time: time,
                isExplained: true
            )
        case .backoffLimit
        where !rules(of: job).restartsTogether && job.replicas.contains { ($0.restartPolicy ?? .never) != .never }:
            let restarts = replicas(of: job).reduce(0) { $0 + $1.restartCount }
            let last = decider.map { "\($0.replica) \($0.pod.failure.text)" } ?? lastCrash(of: job)
            let count = restarts > 0 ? "replicas were restarted \(restarts) times, and " : ""
            return End(
                phase: .failed,
                reason: "BackoffLimitExceeded",
                message:
                    "\(last.map { "\($0); " } ?? "")\(count)runPolicy.backoffLimit is \(policy.effectiveBackoffLimit)",
                time: time,
                isExplained: last != nil
            )
        case .backoffLimit, .other:
            guard let decider else { return End(phase: .failed, reason: reason, message: message, time: time) }
            let failure = decider.pod.failure
            return End(
                phase: .failed,
                reason: failure.reason,
                message: "\(decider.replica) \(failure.text)",
                time: time,
                isByDeletion: decider.pod.isBeingDeleted && !decider.pod.isDisrupted
            )
        }
    }

    /// The replica whose container was restarted most often, and its last exit code.
    private func lastCrash(of job: Job) -> String? {
        let crashed = RunStatus(pending: job).replicas.compactMap { pod(of: $0.name) }
            .filter { $0.training?.restartCount ?? 0 > 0 }
        guard let pod = crashed.max(by: { $0.training?.restartCount ?? 0 < $1.training?.restartCount ?? 0 }),
            let replica = pod.replica, let code = pod.lastExitCode
        else { return nil }
        return "\(replica) exited with code \(code)"
    }
}

extension Condition {
    /// Why a TFJob or Job failed. A TFJob has one reason for all failures, so its message decides.
    ///
    /// Source: `ReconcileJobs`, <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/common/job.go>, and
    /// <https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup>.
    var failureCause: RunView.FailureCause {
        let text = message ?? ""
        if reason == "DeadlineExceeded" || text.contains("active longer than specified deadline") { return .deadline }
        if reason == "BackoffLimitExceeded" || text.contains("reached the specified backoff limit") {
            return .backoffLimit
        }
        return .other
    }
}
