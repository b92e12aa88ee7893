import Foundation
import Jobs
import KubernetesClient

/// What a run needs without a caller's request. The same state needs the same chore until it is done.
enum Chore: Sendable, Equatable {
    /// Record the run's end: Indexed Jobs don't know that they are one run.
    case recordResult
    /// End the pods that the clean-up policy doesn't keep.
    case cleanUpPods
    /// Let an object go that was kept for its result.
    case removeFinalizer
    /// Delete a run whose time-to-live has passed.
    case deleteExpired
    /// Start all replicas again.
    case restartReplicas
    /// Create missing objects, and undo changes by others.
    case repairObjects
    /// Restore labels and annotations that others changed.
    case restoreMarks
    /// Find out whether an anchor that the watch no longer shows is gone.
    case verifyDeletion
    /// Find out whether pods were deleted with their namespace.
    case judgeDeletion
}

extension RunView {
    /// Returns what the run needs now.
    ///
    /// - Parameters:
    ///   - flavor: which objects the run consists of.
    ///   - isDelivered: whether callers had enough time to observe the run's end.
    ///   - checked: the generation of each object at its last check, by uid; 1 if there is none.
    ///   - ended: when the run's end was first seen; nil if that is now.
    ///   - patience: how many seconds the end of Indexed Jobs waits for replicas that are still ending.
    ///   - now: the time.
    func chore(
        _ flavor: KubernetesSettings.Flavor,
        isDelivered: Bool,
        checked: [String: Int],
        ended: Date? = nil,
        patience: TimeInterval = RunView.settlingTime,
        now: Date
    ) -> Chore? {
        guard let anchor, let job else { return anchor != nil && isSuspect ? .verifyDeletion : nil }
        if isSuspect { return .verifyDeletion }
        if hasAlteredMarks, !anchor.isBeingDeleted { return .restoreMarks }
        if !anchor.isBeingDeleted, isDoubtful(now: now) { return .judgeDeletion }
        // A closure, because it is costly and rarely needed.
        var isFinal: Bool { status(now: now)?.phase.isFinal == true }
        if let time = restartTime(now: now), flavor == .tfjob || !anchor.isBeingDeleted {
            return time <= now ? .restartReplicas : nil
        }
        if anchor.isBeingDeleted {
            let isKept = anchor.metadata.finalizers?.contains(Marks.finalizer) == true
            return isKept && (!isFinal || isDelivered) ? .removeFinalizer : nil
        }
        if flavor == .job {
            if result == nil, isFinal {
                // Workers of one training end together, and each exit code is worth keeping.
                let isPatient = ended.map { now.timeIntervalSince($0) < patience } ?? true
                return hasSettled || !isPatient ? .recordResult : nil
            }
            if let end = result {
                return isExpired(end, job, now: now) && isDelivered
                    ? .deleteExpired : needsCleanUp(job) ? .cleanUpPods : nil
            }
            let wanted = job.replicas.filter { $0.count > 0 }.map { ObjectName.job(id.key.id, $0.type) }
            if wanted.contains(where: { jobs[$0] == nil }) { return .repairObjects }
            if !anchor.isIntact, !isFinal { return .repairObjects }
        }
        let objects = [anchor.metadata] + jobs.values.map(\.metadata)
        if objects.contains(where: { ($0.generation ?? 1) > checked[$0.uid] ?? 1 }), !isFinal { return .repairObjects }
        return nil
    }

    private func isExpired(_ end: RunStatus, _ job: Job, now: Date) -> Bool {
        guard let seconds = job.effectiveRunPolicy.ttlSecondsAfterFinished, let time = end.completionTime else {
            return false
        }
        return now.timeIntervalSince(time) > TimeInterval(seconds)
    }

    private func needsCleanUp(_ job: Job) -> Bool {
        switch job.effectiveRunPolicy.effectiveCleanPodPolicy {
        case .none: false
        case .running: jobs.values.contains { !$0.isFinished && $0.spec?.suspend != true }
        case .all: !jobs.isEmpty
        }
    }
}
