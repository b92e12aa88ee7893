import Foundation
import Jobs
import KubernetesClient
import Logging

/// All replicas of a run are started again together.
extension KubernetesBackend {
    /// Makes the pods of a run anew, all of them, after all that there were are gone: names, and so `TF_CONFIG`, stay the same.
    ///
    /// Which attempt it is stands on the cluster before anything is made. A TFJob can't be resumed once it has failed, so it is made anew itself.
    func restart(
        _ id: RunID,
        _ view: RunView,
        _ anchor: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) {
        guard let job = view.job, let attempt = view.nextAttempt(now: Date()), let known = observation(id) else {
            return
        }
        var mapping = try mapping(of: id, job, anchor)
        mapping.attempt = attempt
        logger.notice(
            "all replicas are started again",
            metadata: ["run": "\(id)", "restart": "\(attempt.number)", "message": "\(known.status.message)"]
        )
        switch settings.flavor {
        case .job:
            let manifests = try mapping.manifests()
            let annotations = manifests.anchor.body["metadata"]?["annotations"]
            let patch: JSONValue = [
                "metadata": [
                    "annotations": [
                        Marks.attempt: annotations?[Marks.attempt] ?? .null,
                        Marks.manifest: annotations?[Marks.manifest] ?? .null,
                    ]
                ]
            ]
            let changed: AnchorObject
            do throws(APIError) {
                changed = try await client.send(
                    .patch(reference, uid: anchor.metadata.uid, patch),
                    as: AnchorObject.self
                )
            } catch {
                throw BackendError(error, reference)
            }
            note(changed)
            try await complete(manifests, under: changed)
        case .tfjob:
            // Until it is there again it is no run that somebody took away.
            restarting[id] = known
            defer {
                restarting[id] = nil
                announce(id)
            }
            store.expect(attempt, of: id)
            try await remove(anchor, at: reference)
            try await start(mapping)
        }
    }

    /// Deletes what earlier attempts of a run have left at some places, and waits until it is gone with all its pods.
    func endEarlierAttempts(
        of id: RunID,
        _ attempt: Attempt,
        at places: [ObjectReference]
    ) async throws(BackendError) {
        var left: [(ObjectReference, String)] = []
        for reference in places {
            do throws(APIError) {
                let job = try await client.send(.get(reference), as: BatchJobObject.self)
                guard job.attempt < attempt.number else { continue }
                left.append((reference, job.metadata.uid))
                if job.metadata.deletionTimestamp == nil {
                    try await client.send(.delete(reference, uid: job.metadata.uid))
                }
            } catch {
                guard error.isNotFound else { throw BackendError(error, reference) }
            }
        }
        for (reference, uid) in left {
            do throws(APIError) {
                try await waitUntilGone(reference, uid: uid)
            } catch {
                throw BackendError(error, reference)
            }
        }
        if let reference = places.first {
            try await waitUntilPodsAreGone(id, in: reference, besides: attempt)
        }
    }
}
