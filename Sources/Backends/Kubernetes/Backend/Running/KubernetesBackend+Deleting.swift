import Foundation
public import Jobs
import KubernetesClient
import Logging

/// Stops and deletes runs.
extension KubernetesBackend {
    /// Stops a run; its objects and pods are gone when this returns. A finished run keeps its objects, and so its result.
    public func stop(_ run: RunID) async throws(BackendError) {
        try await withTurn(on: run.key) { () async throws(BackendError) in
            guard let (known, reference) = try await fetchOwnAnchor(of: run) else { return }
            storeAnswer(known)
            let view = store.runs[run]
            if known.isFinished, view?.awaitsRestart != true {
                try await endRemainingPods(of: run)
            } else if settings.flavor == .job, let view, view.status?.phase.isFinal == true {
                try await recordResult(of: view, known)
                try await endRemainingPods(of: run)
            } else {
                try await deleteRun(known, at: reference)
                store.restarts.planAttempt(nil, of: run)
            }
        }
    }

    /// Deletes all objects of a run whose job was removed.
    public func discard(_ run: RunID) async throws(BackendError) {
        try await withTurn(on: run.key) { () async throws(BackendError) in
            guard let (known, reference) = try await fetchOwnAnchor(of: run) else { return }
            try await deleteRun(known, at: reference)
            store.restarts.planAttempt(nil, of: run)
        }
    }

    /// The anchor of a run; nil if it is gone or represents another run.
    ///
    /// While the watches are up to date, they know it. Each change has the anchor's uid as a condition, so an old view does no harm.
    func fetchOwnAnchor(of run: RunID) async throws(BackendError) -> (AnchorObject, ObjectReference)? {
        let reference = try objects.anchorReference(of: run.key)
        if health.isSettled, health.fault == nil {
            if let known = store.runs[run]?.anchor { return (known, reference) }
            if records.isDeleted(run) { return nil }
        }
        guard let known = try await objects.fetchObject(at: reference, as: AnchorObject.self),
            known.isOwned(by: objects.installation), RunID(labels: known.metadata.labels) == run
        else {
            if store.runs[run]?.anchor != nil {
                store.removeRun(run)
                announceChange(of: run)
            }
            return nil
        }
        storeAnswer(known)
        return (known, reference)
    }

    /// Deletes an anchor with all its objects and pods, and waits until they are gone.
    func deleteRun(_ known: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        try await objects.deleteAnchor(known, at: reference)
        guard let id = RunID(labels: known.metadata.labels), known.isOwned(by: objects.installation) else {
            return try await objects.waitUntilGone(reference, uid: known.metadata.uid)
        }
        try await waitUntilRunIsGone(id, known, at: reference)
        store.removeRun(id)
        records.dropDelivery(of: id)
        records.recordDeletion(of: id)
        announceChange(of: id)
    }

    /// Waits until the watches report that an anchor and the pods of its run are gone. If they are silent, the server is asked.
    ///
    /// - Throws: ``BackendError/unavailable(_:)`` with the obstacle once the deletion takes too long.
    private func waitUntilRunIsGone(
        _ id: RunID,
        _ known: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) {
        let clock = ContinuousClock()
        let deadline = clock.now + timing.deletion
        // What the watch never reported, it can't report as gone.
        let isFollowed = store.runs[id]?.anchor?.metadata.uid == known.metadata.uid
        var question = clock.now + (isFollowed ? timing.question : .zero)
        while !isFollowed || isInStore(id, uid: known.metadata.uid) {
            if question <= clock.now {
                guard let obstacle = try await objects.obstacle(to: id, known, at: reference) else { return }
                guard clock.now < deadline else { throw .unavailable(obstacle) }
                question = clock.now + (isFollowed ? timing.question : .milliseconds(500))
            }
            // This only reads memory.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                throw .unavailable("the deletion of \(reference) was not waited for")
            }
        }
    }

    private func isInStore(_ id: RunID, uid: String) -> Bool {
        guard let run = store.runs[id] else { return false }
        return run.anchor?.metadata.uid == uid || run.pods.values.contains { !$0.state.isOver }
    }

    /// Ends the pods that a finished run was allowed to keep.
    private func endRemainingPods(of run: RunID) async throws(BackendError) {
        guard let view = store.runs[run] else { return }
        if settings.flavor == .job {
            return try await suspendJobs(of: view)
        }
        for pod in view.pods.values where !pod.state.isOver && !pod.isBeingDeleted {
            try await objects.deleteObject(at: pod.reference, uid: pod.metadata.uid)
        }
    }

    /// Ends the pods of a run's open Jobs. Finished pods stay, and so do their logs.
    func suspendJobs(of view: RunView) async throws(BackendError) {
        for known in view.jobs.values where !known.isFinished && known.spec?.suspend != true {
            if let job = try await objects.suspendJob(known) {
                storeAnswer(job)
            }
        }
    }
}
