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
    static let settlingTime: TimeInterval = 2

    func status(now: Date) -> RunStatus? {
        guard let anchor, let job else { return nil }
        if let result { return result }
        var status = RunStatus(pending: job)
        status.replicas = replicas(of: job)
        status.startTime = anchor.attempt.startTime ?? status.replicas.compactMap(\.startTime).min()
        let attempt = anchor.attempt.number
        let restarts = status.replicas.reduce(attempt) { $0 + $1.restartCount - attempt }
        status.restarts = restarts > 0 ? restarts : nil
        guard let end = outcome(anchor, job, status.replicas) else {
            describeOpenRun(&status, anchor, job)
            return status
        }
        switch decideRestart(after: end, job, now: now) {
        case .none where isDoubtful(end), .final where isDoubtful(end):
            describeOpenRun(&status, anchor, job)
            status.phase = .running
            status.reason = end.reason
            status.message = end.message
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
        let decider = end.phase == .failed ? decidingFailure(of: job) : nil
        status.replicas = status.replicas.map { replica in
            var replica = replica
            if replica.name == decider?.replica { replica.exitCode = decider?.pod.lastExitCode }
            return replica.closed(as: end.phase)
        }
    }

    /// Whether the pods explain the end, or can't be expected to any more.
    private func isComplete(_ end: End, _ job: Job, _ replicas: [ReplicaStatus], now: Date) -> Bool {
        // No pod and no Job has ended, so none will explain it.
        if lastEnd == nil, anchor?.status?.conditions.isFinished != true { return true }
        if abs(now.timeIntervalSince(end.time)) > Self.settlingTime { return true }
        guard end.phase == .failed else { return job.verdict(of: replicas) == .succeeded }
        // The deadline explains itself, and so does a limit with an exit code.
        return end.isExplained || decidingFailure(of: job) != nil
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
        /// Whether no pod is needed to explain the end.
        var isExplained = false
        /// Whether only pods ended the run that were deleted from outside.
        var isByDeletion = false
    }

    /// Whether the status may change without an event: an end waits for its pods, or for a restart.
    var changesWithTime: Bool {
        guard let anchor, let job, result == nil else { return false }
        return outcome(anchor, job, replicas(of: job)) != nil
    }

    /// Whether the end may be that of the namespace. Then the run has not failed: it is gone.
    private func isDoubtful(_ end: End) -> Bool { end.phase == .failed && end.isByDeletion && !isDeletionConfirmed }

    /// Whether somebody must find out why pods were deleted.
    func isDoubtful(now: Date) -> Bool {
        guard let anchor, let job, result == nil, let end = outcome(anchor, job, replicas(of: job)), isDoubtful(end)
        else { return false }
        return switch decideRestart(after: end, job, now: now) {
        case .none, .final: true
        case .due, .undecided: false
        }
    }

    /// How the run ended, by the TFJob's conditions or by our own verdict on Indexed Jobs; nil if it is open.
    func outcome(_ anchor: AnchorObject, _ job: Job, _ replicas: [ReplicaStatus]) -> End? {
        let conditions = anchor.status?.conditions
        if let end = conditions.holding("Failed") ?? conditions.holding("Succeeded") {
            let time = anchor.status?.completionTime.flatMap(APITime.date) ?? end.date ?? Date()
            guard end.type == "Failed" else { return End(phase: .succeeded, time: time) }
            return explainFailure(end.failureCause, end.reason ?? "Failed", end.message ?? "", job, time)
        }
        guard !jobs.isEmpty else { return nil }
        return outcomeOfJobs(job, replicas)
    }

    /// When the last ended pod ended, or the last Job if no pod has a time; nil if none has.
    ///
    /// A Job ends some time after its pods, so its own time would change an end that was observed already.
    var lastEnd: Date? {
        pods.values.compactMap(\.endTime).max() ?? jobs.values.compactMap { $0.end?.date }.max()
    }

    /// Sets the phase, reason and message of an open run.
    private func describeOpenRun(_ status: inout RunStatus, _ anchor: AnchorObject, _ job: Job) {
        let conditions = anchor.status?.conditions
        let isRunning = status.replicas.contains { $0.state == .running }
        let waiting = waitingReason(of: job) ?? replacementReason(of: job)
        status.reason = waiting?.reason ?? ""
        status.message = waiting?.message ?? ""
        if conditions.holding("Suspended") != nil || jobs.values.contains(where: { $0.spec?.suspend == true }) {
            status.phase = .queued
            status.reason = "Suspended"
            status.message = "waits until its queue lets it in"
        } else if isRunning {
            status.phase = .running
            status.startTime = status.startTime ?? ownerStartTime
        } else if pods.isEmpty, conditions.holding("Running") != nil {
            status.phase = .running
            status.startTime = status.startTime ?? ownerStartTime
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

    /// When the TFJob or the first Job started, if no pod is known.
    private var ownerStartTime: Date? {
        let times = [anchor?.status?.startTime] + jobs.values.map { $0.status?.startTime }
        return times.compactMap { $0.flatMap(APITime.date) }.min()
    }

    /// Explains where the run deviates from the job file, unless the status has another reason or message.
    private func addDeviation(to status: inout RunStatus, _ job: Job) {
        guard status.reason.isEmpty, status.message.isEmpty, let deviation = deviation(of: job) else { return }
        (status.reason, status.message) = deviation
    }

    /// - Returns: a reason and a message; nil if the cluster does what the job file says.
    private func deviation(of job: Job) -> (String, String)? {
        let (rules, policy) = (rules(of: job), job.effectiveRunPolicy)
        func group(_ policy: RestartPolicy) -> String? {
            job.replicas.first { $0.count > 0 && $0.effectiveRestartPolicy == policy }?.type.rawValue
        }
        // A Job can't have pods with the restart policy Always: `validateJobSpec`,
        // https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/batch/validation/validation.go
        if rules.restartsTogether || !jobs.isEmpty, let type = group(.always) {
            let cause = rules.restartsTogether ? "restartScope: Job" : "flavor: job"
            return (
                "AlwaysActsAsOnFailure",
                "\(type): with \(cause) restartPolicy Always acts as OnFailure, and what ends with 0 is not started again; write OnFailure"
            )
        }
        if let ignored = job.ignoredKeys(on: "kubernetes").first {
            return (ignored.reason, ignored.message)
        }
        // The operator retries codes of 128 and above, and no others: `IsRetryableExitCode`,
        // https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/util/train/train_util.go
        if policy.retryExitCodes != nil, !rules.restartsTogether, jobs.isEmpty, let type = group(.exitCode) {
            return (
                "ExitCodesAreNotRetried",
                "\(type): the training operator does not retry the codes of runPolicy.retryExitCodes; write restartScope: Job, or flavor: job at the cluster"
            )
        }
        // The operator counts the restarts of running containers, and under ExitCode it replaces the pod:
        // `PastBackoffLimit`, https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/core/job.go
        if !rules.restartsTogether, jobs.isEmpty, let type = group(.exitCode) {
            return (
                "RestartsAreNotCounted",
                "\(type): the training operator does not count restarts under ExitCode against runPolicy.backoffLimit; write restartScope: Job, or flavor: job at the cluster"
            )
        }
        return nil
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
