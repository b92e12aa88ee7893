import Jobs
import KubernetesClient

/// Deleting objects, and waiting until they are gone.
extension RunObjects {
    /// Deletes an anchor with all objects that it owns.
    func deleteAnchor(_ known: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        try await removeFinalizer(from: known, at: reference)
        if !known.isBeingDeleted {
            try await deleteObject(at: reference, uid: known.metadata.uid)
        }
    }

    /// Removes our finalizer, which kept a run until its result was observed.
    func removeFinalizer(from known: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        let finalizers = known.metadata.finalizers ?? []
        guard finalizers.contains(Marks.finalizer) else { return }
        let others = finalizers.filter { $0 != Marks.finalizer }
        let patch: JSONValue = [
            "metadata": ["finalizers": others.isEmpty ? .null : .array(others.map { .string($0) })]
        ]
        let uid = known.metadata.uid
        try await sendUnlessGone(.patch(reference, uid: uid, patch), to: reference, uid: uid)
    }

    /// Deletes an object that may be gone already.
    func deleteObject(at reference: ObjectReference, uid: String) async throws(BackendError) {
        try await sendUnlessGone(.delete(reference, uid: uid), to: reference, uid: uid)
    }

    private func sendUnlessGone(
        _ request: APIRequest,
        to reference: ObjectReference,
        uid: String
    ) async throws(BackendError) {
        do throws(APIError) {
            try await client.send(request)
        } catch {
            guard await isGone(reference, uid: uid, after: error) else {
                throw BackendError(error, reference)
            }
        }
    }

    /// Deletes the Jobs of earlier attempts, and waits until they and their pods are gone.
    func deleteEarlierAttempts(
        of id: RunID,
        _ attempt: Attempt,
        at places: [ObjectReference]
    ) async throws(BackendError) {
        var left: [BatchJobObject] = []
        for reference in places {
            guard let job = try await fetchObject(at: reference, as: BatchJobObject.self), job.attempt < attempt.number
            else { continue }
            left.append(job)
            if job.metadata.deletionTimestamp == nil {
                try await deleteObject(at: reference, uid: job.metadata.uid)
            }
        }
        for job in left {
            try await waitUntilGone(job.reference, uid: job.metadata.uid)
        }
        if let reference = places.first {
            try await waitUntilPodsAreGone(id, in: reference, besides: attempt)
        }
    }

    /// Asks the server whether an anchor and the pods of its run are gone.
    ///
    /// - Returns: what is still there; nil if nothing is.
    func obstacle(
        to id: RunID,
        _ known: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) -> String? {
        do throws(APIError) {
            if let obstacle = try await remains(of: reference, uid: known.metadata.uid) { return obstacle }
            return try await remainingPods(of: id, in: reference, besides: nil)
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// Waits until a run has no running pods. The deletion of their owner waits for them only if they still refer to it.
    ///
    /// - Parameters:
    ///   - id: the run.
    ///   - reference: the run's anchor, whose namespace has the pods.
    ///   - attempt: pods of this attempt may run; nil for none.
    func waitUntilPodsAreGone(
        _ id: RunID,
        in reference: ObjectReference,
        besides attempt: Attempt? = nil
    ) async throws(BackendError) {
        try await poll(reference) { () async throws(APIError) -> String? in
            try await remainingPods(of: id, in: reference, besides: attempt)
        }
    }

    private func remainingPods(
        of id: RunID,
        in reference: ObjectReference,
        besides attempt: Attempt?
    ) async throws(APIError) -> String? {
        var selector = Marks.labels(of: id, installation: installation).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        if let attempt {
            selector += ",\(Marks.attempt)!=\(attempt.number)"
        }
        let (pods, _) = try await client.listObjects(
            .pods,
            namespace: reference.namespace,
            selector: selector,
            as: PodObject.self
        )
        return pods.allSatisfy { $0.state.isOver || $0.isOfCopy(of: id) }
            ? nil : "pods of \(reference) are still being ended"
    }

    func waitUntilGone(_ reference: ObjectReference, uid: String) async throws(BackendError) {
        try await poll(reference) { () async throws(APIError) -> String? in
            try await remains(of: reference, uid: uid)
        }
    }

    private func remains(of reference: ObjectReference, uid: String) async throws(APIError) -> String? {
        do throws(APIError) {
            let now = try await client.send(.get(reference), as: IdentifiedObject.self)
            if now.metadata.uid != uid { return nil }
            let held = now.metadata.finalizers.map { "; it waits for \($0.joined(separator: ", "))" } ?? ""
            return "\(reference) is still being deleted\(held)"
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// Repeats a check until it returns nil. It polls, because the cluster ends objects by itself.
    ///
    /// - Parameters:
    ///   - reference: the object, for errors.
    ///   - obstacle: returns what is still there.
    /// - Throws: ``BackendError/unavailable(_:)`` with the obstacle once the deletion takes too long.
    private func poll(
        _ reference: ObjectReference,
        _ obstacle: () async throws(APIError) -> String?
    ) async throws(BackendError) {
        let deadline = ContinuousClock.now + deletionTime
        var pause = Duration.milliseconds(50)
        do throws(APIError) {
            while let message = try await obstacle() {
                guard ContinuousClock.now < deadline else {
                    throw .unreachable(message)
                }
                guard (try? await Task.sleep(for: pause)) != nil else {
                    throw .cancelled
                }
                pause = min(pause * 2, .seconds(2))
            }
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// Whether an object is gone, after a request with its uid failed: no object has its name, or one with another uid.
    ///
    /// The server answers a delete with an unknown uid with 409, and such a patch with 422, because a uid can't be changed. Both
    /// codes have other causes too, so this fetches the object. Source: `BeforeDelete` and `BeforeUpdate`,
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
}
