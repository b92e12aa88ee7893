import Foundation
import Jobs
import KubernetesClient
import Logging

extension KubernetesBackend {
    /// Looks whether something is due for a run, and has it done.
    func callChore(_ id: RunID) {
        // Half of what is there looks like something that is missing.
        guard health.isSettled, health.fault == nil, dueChore(of: id) != nil, chores.insert(id).inserted else { return }
        choreCalls.yield(id)
    }

    private func dueChore(of id: RunID) -> Chore? {
        let isDelivered = delivered[id].map { $0 + timing.delivery < .now } ?? false
        guard let run = store.runs[id] else { return nil }
        let now = Date()
        if settings.flavor == .job, run.result == nil, ended[id] == nil, run.status(now: now)?.phase.isFinal == true {
            ended[id] = now
        }
        return run.chore(
            settings.flavor,
            isDelivered: isDelivered,
            checked: checked,
            ended: ended[id],
            patience: timing.settling / .seconds(1),
            now: now
        )
    }

    /// Some at a time: they wait for the cluster most of the time.
    func doChores() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await id in choreStream {
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
        await beginTurn(on: id.key)
        defer {
            endTurn(on: id.key)
            chores.remove(id)
        }
        // What was due may have been done, or undone, while it waited.
        guard let chore = dueChore(of: id), let view = store.runs[id], let anchor = view.anchor else { return }
        do throws(BackendError) {
            let reference = try RunMapping.anchor(of: id.key, settings)
            switch chore {
            case .conclude: try await conclude(id, view, anchor, at: reference)
            case .tidy: try await tidy(view)
            case .release:
                do throws(APIError) {
                    try await release(anchor, at: reference)
                } catch {
                    throw BackendError(error, reference)
                }
            case .expire: try await remove(anchor, at: reference)
            case .restart: try await restart(id, view, anchor, at: reference)
            case .repair: try await repair(id, anchor, at: reference)
            }
        } catch {
            // The next tick tries again.
            logger.warning("a run can't be looked after", metadata: ["run": "\(id)", "error": "\(error.message)"])
        }
    }

    /// Writes down how a run of Indexed Jobs ended, and ends what is left of it.
    func conclude(
        _ id: RunID,
        _ view: RunView,
        _ anchor: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) {
        guard let status = view.status, status.phase.isFinal, let text = try? ResultNote.text(status) else { return }
        let patch: JSONValue = ["metadata": ["annotations": .object([Marks.result: .string(text)])]]
        do throws(APIError) {
            note(try await client.send(.patch(reference, uid: anchor.metadata.uid, patch), as: AnchorObject.self))
        } catch {
            throw BackendError(error, reference)
        }
        logger.info(
            "run ended",
            metadata: ["run": "\(id)", "phase": "\(status.phase.rawValue)", "message": "\(status.message)"]
        )
        if let view = store.runs[id] {
            try await tidy(view)
        }
    }

    /// Ends what the clean-up policy says of a run that is over.
    private func tidy(_ view: RunView) async throws(BackendError) {
        guard let job = view.job else { return }
        switch job.effectiveRunPolicy.effectiveCleanPodPolicy {
        case .none: return
        case .running: try await suspendJobs(of: view)
        case .all:
            for known in view.jobs.values {
                let reference = reference(of: known)
                do throws(APIError) {
                    try await client.send(.delete(reference, uid: known.metadata.uid))
                } catch {
                    guard await isGone(reference, uid: known.metadata.uid, after: error) else {
                        throw BackendError(error, reference)
                    }
                }
            }
        }
    }

    /// A Job that is suspended has its pods ended, and keeps what those that ended before have left.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job>.
    private func suspendJobs(of view: RunView) async throws(BackendError) {
        for known in view.jobs.values where !known.isFinished && known.spec?.suspend != true {
            let reference = reference(of: known)
            do throws(APIError) {
                let patch: JSONValue = ["spec": ["suspend": true]]
                let job = try await client.send(
                    .patch(reference, uid: known.metadata.uid, patch),
                    as: BatchJobObject.self
                )
                store.put(job).map(announce)
            } catch {
                guard await isGone(reference, uid: known.metadata.uid, after: error) else {
                    throw BackendError(error, reference)
                }
            }
        }
    }

    private func reference(of job: BatchJobObject) -> ObjectReference {
        ObjectReference(kind: .jobs, namespace: job.metadata.namespace, name: job.metadata.name)
    }

    /// Ends what a finished run was allowed to leave running, since it is to be stopped now.
    func endWhatIsLeft(of run: RunID, _ anchor: AnchorObject) async throws(BackendError) {
        guard let view = store.runs[run] else { return }
        if settings.flavor == .job {
            try await suspendJobs(of: view)
        }
        for pod in view.pods.values where !pod.state.isOver && !pod.isBeingDeleted {
            let reference = ObjectReference(kind: .pods, namespace: pod.metadata.namespace, name: pod.metadata.name)
            do throws(APIError) {
                try await client.send(.delete(reference, uid: pod.metadata.uid))
            } catch {
                guard await isGone(reference, uid: pod.metadata.uid, after: error) else {
                    throw BackendError(error, reference)
                }
            }
        }
    }
}
