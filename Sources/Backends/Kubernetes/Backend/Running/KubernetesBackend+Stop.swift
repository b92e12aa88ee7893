public import Jobs
import KubernetesClient
import Logging

extension KubernetesBackend {
    /// Stops a run: its objects are deleted, and gone with all their pods when this returns. What has finished keeps its objects, and so its result.
    public func stop(_ run: RunID) async throws(BackendError) {
        await beginTurn(on: run.key)
        defer { endTurn(on: run.key) }
        guard let (known, reference) = try await anchor(of: run) else { return }
        note(known)
        let view = store.runs[run]
        if known.isFinished, view?.awaitsRestart != true {
            try await endWhatIsLeft(of: run, known)
        } else if settings.flavor == .job, let view, view.status?.phase.isFinal == true {
            try await conclude(run, view, known, at: reference)
            try await endWhatIsLeft(of: run, known)
        } else {
            try await remove(known, at: reference)
            store.expect(nil, of: run)
        }
    }

    /// Removes all that is left of a run whose job is gone.
    public func discard(_ run: RunID) async throws(BackendError) {
        await beginTurn(on: run.key)
        defer { endTurn(on: run.key) }
        guard let (known, reference) = try await anchor(of: run) else { return }
        try await remove(known, at: reference)
        store.expect(nil, of: run)
    }

    /// The object of a run, where it is there and ours.
    private func anchor(of run: RunID) async throws(BackendError) -> (AnchorObject, ObjectReference)? {
        let reference = try RunMapping.anchor(of: run.key, settings)
        guard let known = try await anchor(at: reference), known.isOwned(by: installation),
            RunID(labels: known.metadata.labels) == run
        else {
            if store.runs[run]?.anchor != nil {
                store.forget(run)
                announce(run)
            }
            return nil
        }
        return (known, reference)
    }

    /// Deletes an object with all that it owns, and waits until it is gone.
    func remove(_ known: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        do throws(APIError) {
            try await release(known, at: reference)
            if !known.isBeingDeleted {
                try await client.send(.delete(reference, uid: known.metadata.uid))
            }
            try await waitUntilGone(reference, uid: known.metadata.uid)
        } catch {
            guard await isGone(reference, uid: known.metadata.uid, after: error) else {
                throw BackendError(error, reference)
            }
        }
        if let id = RunID(labels: known.metadata.labels), known.isOwned(by: installation) {
            try await waitUntilPodsAreGone(id, in: reference)
            store.forget(id)
            delivered[id] = nil
            announce(id)
        }
    }

    /// Lets an object go that is kept for its result.
    func release(_ known: AnchorObject, at reference: ObjectReference) async throws(APIError) {
        let finalizers = known.metadata.finalizers ?? []
        guard finalizers.contains(Marks.finalizer) else { return }
        let others = finalizers.filter { $0 != Marks.finalizer }
        let patch: JSONValue = [
            "metadata": ["finalizers": others.isEmpty ? .null : .array(others.map { .string($0) })]
        ]
        try await client.send(.patch(reference, uid: known.metadata.uid, patch))
    }

    /// Pods go before what owns them only as far as those keep the rules that made them, so they are looked for.
    ///
    /// - Parameter attempt: pods of this one may be there; nil: none.
    func waitUntilPodsAreGone(
        _ id: RunID,
        in reference: ObjectReference,
        besides attempt: Attempt? = nil
    ) async throws(BackendError) {
        var selector = Marks.labels(of: id, installation: installation).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        if let attempt {
            selector += ",\(Marks.attempt)!=\(attempt.number)"
        }
        let deadline = ContinuousClock.now + timing.deletion
        var pause = Duration.milliseconds(50)
        do throws(APIError) {
            while true {
                let (pods, _) = try await client.listObjects(
                    .pods,
                    namespace: reference.namespace,
                    selector: selector,
                    as: PodObject.self
                )
                guard pods.contains(where: { !$0.state.isOver }) else { return }
                guard ContinuousClock.now < deadline else {
                    throw .unreachable("pods of \(reference) are still being ended")
                }
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw .cancelled
                }
                pause = min(pause * 2, .seconds(2))
            }
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// Whether an object is gone, by how a request failed that named its uid: nothing has its name any more, or another object does.
    ///
    /// A delete with a uid that is not there is answered with 409, and a patch with 422, since a uid can't be changed. Both say other things
    /// too, so they are only believed of an object that has another uid. Source: `BeforeDelete` and `BeforeUpdate`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/registry/rest/delete.go>,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/registry/rest/update.go>.
    func isGone(_ reference: ObjectReference, uid: String, after error: APIError) async -> Bool {
        if error.isNotFound { return true }
        guard case .status(let status) = error, status.code == 409 || status.code == 422 else { return false }
        do throws(APIError) {
            return try await client.send(.get(reference), as: IdentifiedObject.self).metadata.uid != uid
        } catch {
            return error.isNotFound
        }
    }

    func waitUntilGone(_ reference: ObjectReference, uid: String) async throws(APIError) {
        let clock = ContinuousClock()
        let deadline = clock.now + timing.deletion
        var pause = Duration.milliseconds(50)
        while true {
            let now: IdentifiedObject
            do throws(APIError) {
                now = try await client.send(.get(reference), as: IdentifiedObject.self)
            } catch {
                if error.isNotFound { return }
                throw error
            }
            if now.metadata.uid != uid { return }
            guard clock.now < deadline else {
                let held = now.metadata.finalizers.map { "; it waits for \($0.joined(separator: ", "))" } ?? ""
                throw .unreachable("\(reference) is still being deleted\(held)")
            }
            // Another's work on another machine: its end can only be looked for.
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw .cancelled
            }
            pause = min(pause * 2, .seconds(2))
        }
    }
}
