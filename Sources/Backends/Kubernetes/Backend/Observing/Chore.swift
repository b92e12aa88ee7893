import Foundation
import Jobs
import KubernetesClient

/// What is to be done for a run without being asked: the same state asks for the same, until it is done.
enum Chore: Sendable, Equatable {
    /// Write down how it ended: Indexed Jobs don't know that they are one run.
    case conclude
    /// End what is still up of a run that is over.
    case tidy
    /// Let an object go that was kept for its result.
    case release
    /// Its time-to-live is over.
    case expire
    /// Start all of its replicas again.
    case restart
    /// Something of it is missing, or was changed by others.
    case repair
}

extension RunView {
    /// What is due for the run.
    ///
    /// - Parameters:
    ///   - flavor: what the run is made of.
    ///   - isDelivered: whether its end has been handed out for good.
    ///   - checked: by uid, the change of an object that was looked at last; none: the object as it was made.
    ///   - ended: when its end was first seen; nil where that is now.
    ///   - patience: how long the end of Indexed Jobs waits for replicas that are still ending, in seconds.
    ///   - now: the time.
    func chore(
        _ flavor: KubernetesSettings.Flavor,
        isDelivered: Bool,
        checked: [String: Int],
        ended: Date? = nil,
        patience: TimeInterval = RunView.settlingTime,
        now: Date
    ) -> Chore? {
        guard let anchor, let job else { return nil }
        // Worked out only where it is asked for: there may be many runs.
        var isFinal: Bool { status(now: now)?.phase.isFinal == true }
        if let time = restartTime(now: now), flavor == .tfjob || !anchor.isBeingDeleted {
            return time <= now ? .restart : nil
        }
        if anchor.isBeingDeleted {
            let isKept = anchor.metadata.finalizers?.contains(Marks.finalizer) == true
            return isKept && (!isFinal || isDelivered) ? .release : nil
        }
        if flavor == .job {
            if result == nil, isFinal {
                // Workers of one training finish together, and each exit code is worth keeping.
                let isPatient = ended.map { now.timeIntervalSince($0) < patience } ?? true
                return hasSettled || !isPatient ? .conclude : nil
            }
            if let end = result {
                return isExpired(end, job, now: now) && isDelivered ? .expire : needsTidying(job) ? .tidy : nil
            }
            let wanted = job.replicas.filter { $0.count > 0 }.map { ObjectName.job(id.key.id, $0.type) }
            if wanted.contains(where: { jobs[$0] == nil }) { return .repair }
            if !anchor.isIntact, !isFinal { return .repair }
        }
        let objects = [anchor.metadata] + jobs.values.map(\.metadata)
        if objects.contains(where: { ($0.generation ?? 1) > checked[$0.uid] ?? 1 }), !isFinal { return .repair }
        return nil
    }

    private func isExpired(_ end: RunStatus, _ job: Job, now: Date) -> Bool {
        guard let seconds = job.effectiveRunPolicy.ttlSecondsAfterFinished, let time = end.completionTime else {
            return false
        }
        return now.timeIntervalSince(time) > TimeInterval(seconds)
    }

    private func needsTidying(_ job: Job) -> Bool {
        switch job.effectiveRunPolicy.effectiveCleanPodPolicy {
        case .none: false
        case .running: jobs.values.contains { !$0.isFinished && $0.spec?.suspend != true }
        case .all: !jobs.isEmpty
        }
    }
}
