import Jobs
import KubernetesClient
import Logging

/// Reads and changes the objects of runs on one cluster. It keeps no state: callers store the answers.
struct RunObjects: Sendable {
    let settings: KubernetesSettings
    /// The cluster's id in the jobs repository.
    let cluster: String
    /// The owner of the objects.
    let installation: String
    let client: APIClient
    let logger: Logger
    /// How long the deletion of an object may take.
    let deletionTime: Duration

    /// Selects the objects of this installation and cluster id.
    var selector: String { Marks.selector(installation: installation, cluster: cluster) }

    /// The location of a job's anchor.
    func anchorReference(of key: JobKey) throws(BackendError) -> ObjectReference {
        try RunMapping.anchor(of: key, settings)
    }

    /// The mapping of a run that is on the cluster, with the current settings.
    func mapping(of id: RunID, _ job: Job, _ anchor: AnchorObject) throws(BackendError) -> RunMapping {
        var mapping = try RunMapping(
            id,
            job: job,
            commit: anchor.annotation(Marks.commit) ?? "",
            runCommit: anchor.runCommit,
            author: anchor.annotation(Marks.author) ?? "",
            settings: settings,
            installation: installation
        )
        mapping.attempt = anchor.attempt
        mapping.defaults = anchor.defaults
        return mapping
    }

    /// Fetches an object; nil if there is none.
    func fetchObject<Object: ClusterObject>(
        at reference: ObjectReference,
        as type: Object.Type
    ) async throws(BackendError) -> Object? {
        do throws(APIError) {
            return try await client.send(.get(reference), as: type)
        } catch {
            if error.isNotFound { return nil }
            throw BackendError(error, reference)
        }
    }

    /// Sets annotations of an anchor; null removes one.
    func annotateAnchor(
        _ anchor: AnchorObject,
        of key: JobKey,
        _ annotations: [String: JSONValue]
    ) async throws(BackendError) -> AnchorObject {
        let reference = try anchorReference(of: key)
        let patch: JSONValue = ["metadata": ["annotations": .object(annotations)]]
        do throws(APIError) {
            return try await client.send(.patch(reference, uid: anchor.metadata.uid, patch), as: AnchorObject.self)
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// Suspends a Job. It ends the running pods and keeps the finished ones.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job>.
    ///
    /// - Returns: the suspended Job; nil if it is gone.
    func suspendJob(_ known: BatchJobObject) async throws(BackendError) -> BatchJobObject? {
        let reference = known.reference
        do throws(APIError) {
            let patch: JSONValue = ["spec": ["suspend": true]]
            return try await client.send(.patch(reference, uid: known.metadata.uid, patch), as: BatchJobObject.self)
        } catch {
            guard await isGone(reference, uid: known.metadata.uid, after: error) else {
                throw BackendError(error, reference)
            }
            return nil
        }
    }
}
