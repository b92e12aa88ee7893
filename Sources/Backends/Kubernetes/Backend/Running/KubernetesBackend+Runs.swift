import Foundation
public import Jobs
import KubernetesClient
import Logging

/// Starts, stops and updates runs.
extension KubernetesBackend {
    /// Accepts a run; its objects are on the cluster when this returns.
    ///
    /// An older run of the same job is deleted first.
    public func start(_ request: RunRequest) async throws(BackendError) {
        var mapping = try mapping(of: request)
        _ = try mapping.manifests()
        try await withTurn(on: request.id.key) { () async throws(BackendError) in
            mapping.attempt = store.restarts.attempts[request.id] ?? .first
            try await createRun(mapping)
        }
    }

    /// Refuses what the settings and the limits of Kubernetes don't allow.
    public func checkRequest(_ request: RunRequest) async throws(BackendError) {
        _ = try mapping(of: request).manifests()
    }

    private func mapping(of request: RunRequest) throws(BackendError) -> RunMapping {
        try RunMapping(
            request.id,
            job: request.job,
            commit: request.commit,
            runCommit: request.runCommit,
            author: request.author,
            settings: settings,
            installation: objects.installation
        )
    }

    /// Creates the objects of a run for the attempt in the mapping.
    func createRun(_ mapping: RunMapping) async throws(BackendError) {
        var mapping = mapping
        let reference = try objects.anchorReference(of: mapping.id.key)
        if !isOnCluster(mapping.id), try await createNewRun(mapping) { return }
        if let known = try await objects.fetchObject(at: reference, as: AnchorObject.self) {
            guard try await prepareCreation(&mapping, besides: known, at: reference) else { return }
            // Deletes an adopted object too: its pods wouldn't follow a changed template.
            try await deleteRun(known, at: reference)
        }
        guard try await createNewRun(mapping) else {
            throw .unavailable("\(reference) can't be created: another object of its name appeared")
        }
    }

    /// Whether the watch has reported an object of this run or of the run before.
    private func isOnCluster(_ id: RunID) -> Bool {
        [id, RunID(key: id.key, number: id.number - 1)].contains { store.runs[$0]?.anchor != nil }
    }

    /// Decides what becomes of an object that has the name of a run's anchor.
    ///
    /// - Returns: whether the object must be deleted and the run created.
    private func prepareCreation(
        _ mapping: inout RunMapping,
        besides known: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) -> Bool {
        let id = mapping.id
        guard known.isOwned(by: objects.installation), let holder = RunID(labels: known.metadata.labels),
            holder.key == id.key
        else {
            try objects.checkAdoption(of: known.metadata, at: reference)
            return true
        }
        guard holder.number <= id.number else {
            throw .refused("\(reference) is run \(holder.number) of this job already, which is newer")
        }
        guard holder == id else { return true }
        // A finished run stays finished, also while its time-to-live deletes it; an open run goes on.
        storeAnswer(known)
        let next = store.runs[id].flatMap { $0.awaitsRestart ? $0.nextAttempt(now: Date()) : nil }
        guard known.isBeingDeleted, !known.isFinished || next != nil else {
            if !known.isFinished {
                mapping.attempt = known.attempt
                try await createMissingJobs(try mapping.manifests(), under: known)
            }
            return false
        }
        mapping.attempt = next ?? mapping.attempt
        return true
    }

    /// Creates the objects of a run that has none. If one is refused, nothing of the run stays.
    ///
    /// - Returns: false if an object of the anchor's name exists.
    private func createNewRun(_ mapping: RunMapping) async throws(BackendError) -> Bool {
        let manifests = try mapping.manifests()
        guard let anchor = try await objects.createObject(manifests.anchor, as: AnchorObject.self) else { return false }
        storeAnswer(anchor)
        do throws(BackendError) {
            try await createMissingJobs(manifests, under: anchor)
        } catch {
            if case .refused = error {
                do throws(BackendError) {
                    try await deleteRun(anchor, at: manifests.anchor.reference)
                } catch {
                    logger.warning(
                        "a run whose objects were refused can't be deleted",
                        metadata: ["run": "\(mapping.id)", "error": "\(error.message)"]
                    )
                }
            }
            throw error
        }
        logger.debug(
            "run is on the cluster",
            metadata: ["run": "\(mapping.id)", "object": "\(manifests.anchor.reference)"]
        )
        return true
    }

    /// Creates the Jobs that a run should have and hasn't.
    func createMissingJobs(_ manifests: RunManifests, under anchor: AnchorObject) async throws(BackendError) {
        guard let id = RunID(labels: anchor.metadata.labels) else { return }
        let missing = manifests.children.filter { store.runs[id]?.jobs[$0.reference.name] == nil }
        if anchor.attempt.number > 0 {
            try await objects.deleteEarlierAttempts(of: id, anchor.attempt, at: missing.map(\.reference))
        }
        for var child in missing {
            child.setOwner(manifests.anchor.reference, uid: anchor.metadata.uid)
            storeAnswer(try await objects.createJob(child, under: anchor))
        }
    }

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

    /// Patches the annotations of a run's anchor that describe its job; the specs, and so the pods, stay as they are.
    public func update(_ request: RunRequest) async throws(BackendError) {
        let mapping = try mapping(of: request)
        let annotations = try mapping.jobAnnotations()
        try await withTurn(on: request.id.key) { () async throws(BackendError) in
            guard let (known, _) = try await fetchOwnAnchor(of: request.id) else { return }
            let changes = annotations.filter { known.annotation($0.key) != $0.value }
            guard !changes.isEmpty else { return storeAnswer(known) }
            let values = changes.mapValues { JSONValue.string($0) }
            storeAnswer(try await objects.annotateAnchor(known, of: request.id.key, values))
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

    /// Fetches the anchor of a run; nil if it is gone or represents another run.
    private func fetchOwnAnchor(of run: RunID) async throws(BackendError) -> (AnchorObject, ObjectReference)? {
        let reference = try objects.anchorReference(of: run.key)
        guard let known = try await objects.fetchObject(at: reference, as: AnchorObject.self),
            known.isOwned(by: objects.installation), RunID(labels: known.metadata.labels) == run
        else {
            if store.runs[run]?.anchor != nil {
                store.removeRun(run)
                announceChange(of: run)
            }
            return nil
        }
        return (known, reference)
    }

    /// Deletes an anchor with all its objects and pods, and waits until they are gone.
    func deleteRun(_ known: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        try await objects.deleteAnchor(known, at: reference)
        if let id = RunID(labels: known.metadata.labels), known.isOwned(by: objects.installation) {
            try await objects.waitUntilPodsAreGone(id, in: reference)
            store.removeRun(id)
            records.dropDelivery(of: id)
            announceChange(of: id)
        }
    }

    /// Ends the pods that a finished run was allowed to keep.
    private func endRemainingPods(of run: RunID) async throws(BackendError) {
        guard let view = store.runs[run] else { return }
        if settings.flavor == .job {
            try await suspendJobs(of: view)
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
