import Foundation
import Jobs
import KubernetesClient

extension RunView {
    /// The run as every surface shows it; nil where nothing stands for it any more.
    ///
    /// An end that the operator or a Job tells is shown when its pods have told how they ended, which another watch tells of; they may be
    /// gone, so it is not waited for longer than ``settlingTime``.
    var status: RunStatus? { status(now: Date()) }

    /// How long an end is waited for to be told whole: exit codes come by another way than the verdict.
    static let settlingTime: TimeInterval = 5

    func status(now: Date) -> RunStatus? {
        guard let anchor, let job else { return nil }
        if let result { return result }
        var status = RunStatus(pending: job)
        status.replicas = replicas(of: job)
        status.startTime = anchor.attempt.startTime ?? status.replicas.compactMap(\.startTime).min()
        guard let end = outcome(anchor, job, status.replicas) else {
            describe(&status, anchor, job)
            return status
        }
        switch restart(after: end, job, now: now) {
        case .none where isTold(end, job, status.replicas, now: now):
            close(&status, with: end, anchor, job)
        case .final(let end): close(&status, with: end, anchor, job)
        case .due(let message, _):
            status.phase = .restarting
            status.reason = "ReplicaFailed"
            status.message = message
        case .undecided: status.phase = .running
        case .none: describe(&status, anchor, job)
        }
        return status
    }

    private func close(_ status: inout RunStatus, with end: End, _ anchor: AnchorObject, _ job: Job) {
        status.phase = end.phase
        status.reason = end.reason
        status.message = end.message
        if end.phase == .succeeded {
            status.admit(deviation(of: job))
        }
        status.completionTime = end.time
        status.startTime = status.startTime ?? anchor.status?.startTime.flatMap(APITime.date)
        status.replicas = status.replicas.map { $0.closed(as: end.phase) }
    }

    /// Whether the pods have told how the end came about, or nothing more is to be expected of them.
    private func isTold(_ end: End, _ job: Job, _ replicas: [ReplicaStatus], now: Date) -> Bool {
        // Without a time nothing has ended that could tell.
        if lastEnd == nil, anchor?.status?.conditions.isFinished != true { return true }
        if abs(now.timeIntervalSince(end.time)) > Self.settlingTime { return true }
        return end.phase == .failed
            ? failure(of: job, replicas) != nil : job.verdict(of: replicas) == .succeeded
    }

    /// Whether the replicas that end by themselves have all ended. Parameter servers never do.
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

    /// How the run ended, by the operator's word for a TFJob and by our own judgement for Indexed Jobs.
    func outcome(_ anchor: AnchorObject, _ job: Job, _ replicas: [ReplicaStatus]) -> End? {
        let conditions = anchor.status?.conditions
        if let failed = conditions.holding("Failed") {
            let time = anchor.status?.completionTime.flatMap(APITime.date) ?? failed.date ?? Date()
            let (reason, message) = failure(of: job, replicas) ?? (failed.reason ?? "Failed", failed.message ?? "")
            return End(phase: .failed, reason: reason, message: message, time: time)
        }
        if let succeeded = conditions.holding("Succeeded") {
            let time = anchor.status?.completionTime.flatMap(APITime.date) ?? succeeded.date ?? Date()
            return End(phase: .succeeded, time: time)
        }
        guard !jobs.isEmpty else { return nil }
        switch verdict(of: job, replicas) {
        case .open: return nil
        case .succeeded: return End(phase: .succeeded, time: lastEnd ?? Date())
        case .failed(let reason, let message):
            return End(phase: .failed, reason: reason, message: message, time: lastEnd ?? Date())
        }
    }

    /// When the last of the pods and Jobs that ended did so; nil where none tells.
    var lastEnd: Date? {
        let pods = pods.values.compactMap(\.endTime)
        return (pods + jobs.values.compactMap { $0.end?.date }).max()
    }

    /// Which replica made the run fail, and how.
    private func failure(of job: Job, _ replicas: [ReplicaStatus]) -> (reason: String, message: String)? {
        guard let failed = replicas.first(where: { $0.state == .failed }),
            let pod = pods.values.first(where: {
                $0.type == failed.type && $0.index == failed.index && $0.state == .failed
            })
        else { return nil }
        return ("ReplicaFailed", "\(failed.name) \(pod.failureText)")
    }

    /// Judges a run of Indexed Jobs. A failed pod counts once its Job has given up: until then it may be made again.
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

    /// Fills in how a run that is open stands.
    private func describe(_ status: inout RunStatus, _ anchor: AnchorObject, _ job: Job) {
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
            // What ran has ended, and the verdict is on its way.
            status.phase = .running
        } else if waiting?.reason == "Unschedulable" || waiting?.reason == "SchedulingGated" {
            status.phase = .queued
        } else {
            status.phase = pods.isEmpty ? .pending : .preparing
        }
        status.admit(deviation(of: job))
    }

    /// What is done otherwise than the job file says; nil where nothing is.
    ///
    /// A Job takes no pods that are always restarted: `validateJobSpec`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/batch/validation/validation.go>.
    private func deviation(of job: Job) -> (reason: String, message: String)? {
        let cause: String
        if job.restartsTogether {
            cause = "with restartScope: Job"
        } else if !jobs.isEmpty {
            cause = "with flavor: job"
        } else {
            return nil
        }
        guard let group = job.replicas.first(where: { $0.count > 0 && $0.restartPolicy == .always }) else { return nil }
        return (
            "AlwaysActsAsOnFailure",
            "\(group.type.rawValue): \(cause) restartPolicy Always acts as OnFailure, and what ends with 0 is not started again; write OnFailure"
        )
    }
}

extension RunStatus {
    /// Says what is done otherwise than the file says, where there is nothing else to say.
    fileprivate mutating func admit(_ deviation: (reason: String, message: String)?) {
        guard let deviation, reason.isEmpty, message.isEmpty else { return }
        (reason, message) = deviation
    }
}

extension ReplicaStatus {
    /// A replica of a run that is decided: what was still up was ended by us, and is shown as its run ended.
    fileprivate func closed(as phase: Phase) -> ReplicaStatus {
        guard !state.isOver else { return self }
        var status = self
        status.state = phase == .succeeded ? .succeeded : .failed
        status.exitCode = nil
        return status
    }
}
