import Foundation
import Jobs
import KubernetesClient
import Logging

/// Does what runs need without a caller's request.
extension KubernetesBackend {
    /// Queues a run if it needs a chore.
    func enqueueChore(of id: RunID) {
        // While only a part of the cluster is known, existing objects may look missing.
        guard health.isSettled, health.fault == nil else { return }
        if dueChore(of: id) != nil {
            chores.enqueueRun(id)
        }
        scheduleLook(at: id)
    }

    /// Notes when the run needs a look without an event.
    func scheduleLook(at id: RunID) {
        guard let run = store.runs[id] else { return }
        let now = Date()
        let look = run.nextLook(delivered: records.delivery(of: id), ended: records.end(of: id), timing, now: now)
        let retry = records.fault(of: id)?.retryTime
        let read = nextEventRead(of: run, now: now)
        if let time = [look, retry, read].compactMap(\.self).filter({ $0 > now }).min() {
            agenda.scheduleLook(at: id, time: time)
        }
    }

    private func dueChore(of id: RunID) -> Chore? {
        guard let run = store.runs[id] else { return nil }
        let now = Date()
        if let fault = records.fault(of: id), fault.retryTime > now { return nil }
        if settings.flavor == .job, run.result == nil, run.status(now: now)?.phase.isFinal == true {
            records.recordEnd(of: id, at: now)
        }
        return run.chore(
            settings.flavor,
            isDelivered: records.delivery(of: id).map { $0 + timing.delivery / .seconds(1) < now } ?? false,
            checked: records.checked,
            ended: records.end(of: id),
            patience: timing.settling / .seconds(1),
            now: now
        )
    }

    /// Does the queued chores, up to eight at a time: they mostly wait for the cluster.
    func doChores() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await id in chores.runs {
                if running >= 8 {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.doChore(of: id) }
                running += 1
            }
        }
    }

    private func doChore(of id: RunID) async {
        defer {
            chores.finishRun(id)
            // An event during the chore may have made another one necessary, or its answer is still to come.
            agenda.scheduleLook(at: id, time: Date() + 0.5)
        }
        do throws(BackendError) {
            try await withTurn(on: id.key) { () async throws(BackendError) in
                // The chore may have changed while it waited for its turn.
                guard let chore = dueChore(of: id), let view = store.runs[id], let anchor = view.anchor else { return }
                let reference = try objects.anchorReference(of: id.key)
                switch chore {
                case .recordResult: try await recordResult(of: view, anchor)
                case .cleanUpPods: try await cleanUpPods(of: view)
                case .removeFinalizer: try await objects.removeFinalizer(from: anchor, at: reference)
                case .deleteExpired: try await deleteRun(anchor, at: reference)
                case .restartReplicas: try await restartReplicas(of: view, anchor)
                case .repairObjects: try await repairObjects(of: id, anchor)
                case .restoreMarks: try await restoreMarks(of: view, anchor, at: reference)
                case .verifyDeletion: try await verifyDeletion(of: id, anchor, at: reference)
                case .judgeDeletion: try await judgeDeletion(of: view, anchor)
                }
            }
            if records.dropFault(of: id) {
                announceChange(of: id)
            }
        } catch {
            // A later tick tries again.
            if records.recordFault(of: id, error.message, at: Date()) {
                logger.warning("a chore of a run failed", metadata: ["run": "\(id)", "error": "\(error.message)"])
                changed.yield(id)
            }
        }
    }

    /// Records how a run of Indexed Jobs ended, and cleans up its pods.
    func recordResult(of view: RunView, _ anchor: AnchorObject) async throws(BackendError) {
        guard let status = view.status, status.phase.isFinal, let text = try? AnnotationText.encode(status) else {
            return
        }
        _ = try await annotate(anchor, of: view.id, [Marks.result: text])
        logger.info(
            "run ended",
            metadata: ["run": "\(view.id)", "phase": "\(status.phase.rawValue)", "message": "\(status.message)"]
        )
        if let view = store.runs[view.id] {
            try await cleanUpPods(of: view)
        }
    }

    /// Ends the pods of a finished run that its clean-up policy doesn't keep.
    private func cleanUpPods(of view: RunView) async throws(BackendError) {
        guard let job = view.job else { return }
        switch job.effectiveRunPolicy.effectiveCleanPodPolicy {
        case .none: return
        case .running: try await suspendJobs(of: view)
        case .all:
            for known in view.jobs.values {
                try await objects.deleteObject(at: known.reference, uid: known.metadata.uid)
            }
        }
    }

    /// Starts all replicas of a run again after all pods of the last attempt are gone. Names, and so `TF_CONFIG`, stay the same.
    ///
    /// The anchor names the new attempt before any other object is created. A failed TFJob can't be resumed, so the anchor itself
    /// is replaced.
    private func restartReplicas(of view: RunView, _ anchor: AnchorObject) async throws(BackendError) {
        let id = view.id
        guard let job = view.job, let attempt = view.nextAttempt(now: Date()), let known = observation(of: id) else {
            return
        }
        var mapping = try objects.mapping(of: id, job, anchor)
        mapping.attempt = attempt
        logger.notice(
            "all replicas are started again",
            metadata: ["run": "\(id)", "restart": "\(attempt.number)", "message": "\(known.status.message)"]
        )
        switch settings.flavor {
        case .job:
            let manifests = try mapping.manifests()
            let annotations = manifests.anchor.body["metadata"]?["annotations"]
            let changes = [Marks.attempt, Marks.manifest].map { name -> (String, String?) in
                if case .string(let text) = annotations?[name] ?? .null { (name, text) } else { (name, nil) }
            }
            let changed = try await annotate(anchor, of: id, Dictionary(changes) { $1 })
            try await createMissingJobs(manifests, under: changed)
        case .tfjob:
            // Without the replacement, callers would see a run that somebody deleted.
            store.restarts.beginReplacement(of: id, showing: known, next: attempt)
            defer {
                store.restarts.endReplacement(of: id)
                announceChange(of: id)
            }
            try await deleteRun(anchor, at: try objects.anchorReference(of: id.key))
            try await createRun(mapping)
        }
    }

    /// Creates missing objects of a run, and undoes changes by others.
    ///
    /// Changed settings don't change a run that was started before.
    private func repairObjects(of id: RunID, _ anchor: AnchorObject) async throws(BackendError) {
        guard let job = store.runs[id]?.job else { return }
        let manifests = try objects.mapping(of: id, job, anchor).manifests()
        try await createMissingJobs(manifests, under: anchor)
        let isAsWritten =
            manifests.anchor.body["metadata"]?["annotations"]?[Marks.manifest]
            == anchor.annotation(Marks.manifest).map { .string($0) }
        if isAsWritten {
            if let restored = try await objects.restoreSpec(of: anchor, to: manifests.anchor) {
                storeAnswer(restored)
            }
            for var child in manifests.children {
                guard let known = store.runs[id]?.jobs[child.reference.name] else { continue }
                // An apply removes the fields that it leaves out.
                child.setOwner(manifests.anchor.reference, uid: anchor.metadata.uid)
                if let restored = try await objects.restoreSpec(of: known, to: child) {
                    storeAnswer(restored)
                }
            }
        } else {
            logger.debug("the settings have changed since the run began", metadata: ["run": "\(id)"])
        }
        guard let run = store.runs[id] else { return }
        for metadata in [run.anchor?.metadata ?? anchor.metadata] + run.jobs.values.map(\.metadata) {
            records.recordCheck(of: metadata)
        }
    }
}
