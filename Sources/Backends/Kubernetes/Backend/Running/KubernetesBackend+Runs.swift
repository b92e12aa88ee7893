import Foundation
public import Jobs
import KubernetesClient
import Logging

/// Starts and updates runs.
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
        mapping.defaults = known.defaults
        try await restoreIdentity(of: known, mapping, at: reference)
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
        guard let anchor = try await objects.createObject(manifests.anchor, isBulk: true, as: AnchorObject.self)
        else { return false }
        records.dropDeletion(of: mapping.id)
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

    /// Patches the annotations of a run's anchor that describe its job; the specs, and so the pods, stay as they are.
    public func update(_ request: RunRequest) async throws(BackendError) {
        let mapping = try mapping(of: request)
        let annotations = try mapping.jobAnnotations()
        try await withTurn(on: request.id.key) { () async throws(BackendError) in
            guard let (known, _) = try await fetchOwnAnchor(of: request.id) else { return }
            var annotations = annotations
            if known.annotation(Marks.runCommit) == nil {
                // Older versions took the run's commit from the file's.
                annotations[Marks.runCommit] = known.runCommit
            }
            let changes = annotations.filter { known.annotation($0.key) != $0.value }
            guard !changes.isEmpty else { return storeAnswer(known) }
            _ = try await annotate(known, of: request.id, changes)
        }
    }
}
