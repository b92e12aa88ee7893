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

    /// Refuses to take over an object of the same name, unless the settings allow it.
    func checkAdoption(of known: AnchorObject, at reference: ObjectReference) throws(BackendError) {
        let owner: String
        if known.isOwned(by: installation), let id = RunID(labels: known.metadata.labels) {
            owner = "the job \(id.key) of this service"
        } else if let name = known.metadata.labels?[Marks.installation] {
            owner = "the installation \"\(name)\" of tfjob-admin"
        } else {
            owner = known.metadata.labels?[Marks.managedBy] ?? "somebody else"
        }
        guard settings.adopt else {
            throw .refused(
                "\(reference) is there already and belongs to \(owner); rename the job, delete the object, or write adopt: true at the cluster"
            )
        }
        logger.notice("an object is taken over", metadata: ["object": "\(reference)", "owner": "\(owner)"])
    }

    /// Applies a manifest, and creates its namespace first if that is missing and the settings allow it.
    func createObject<Object: Decodable & Sendable>(
        _ manifest: Manifest,
        force: Bool,
        as type: Object.Type
    ) async throws(BackendError) -> Object {
        let request = APIRequest.apply(manifest.reference, manifest.body, force: force)
        do throws(APIError) {
            do throws(APIError) {
                return try await client.send(request, as: type)
            } catch {
                guard settings.createNamespaces, case .status(let status) = error, status.isMissingNamespace,
                    let name = manifest.reference.namespace
                else { throw error }
                try await createNamespace(name)
                return try await client.send(request, as: type)
            }
        } catch {
            throw BackendError(error, manifest.reference)
        }
    }

    private func createNamespace(_ name: String) async throws(APIError) {
        let reference = ObjectReference(kind: .namespaces, namespace: nil, name: name)
        let body: JSONValue = [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(name),
                "labels": .object([Marks.managedBy: .string(Marks.manager)]),
            ],
        ]
        try await client.send(.apply(reference, body))
        logger.notice("a namespace was made", metadata: ["namespace": "\(name)"])
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

/// Undoing changes by others.
extension RunObjects {
    /// Restores the spec of an object if somebody changed it.
    ///
    /// - Parameters:
    ///   - known: the object's last known state; an object with another uid is left alone.
    ///   - manifest: the object as we want it.
    /// - Returns: the restored object; nil if nothing was to restore.
    func restoreSpec<Object: ClusterObject>(
        of known: Object,
        to manifest: Manifest
    ) async throws(BackendError) -> Object? {
        let reference = manifest.reference
        let uid = known.metadata.uid
        do throws(APIError) {
            let live = try await client.send(.get(reference), as: JSONValue.self)
            guard let spec = manifest.body["spec"], live["spec"]?.matchesSpec(spec) != true,
                live["metadata"]?["uid"] == .string(uid)
            else { return nil }
            let managers = try await reapplySpec(spec, manifest, uid: uid)
            let restored = try await client.send(.get(reference), as: Object.self)
            logger.warning(
                "an object was changed by others and is put right",
                metadata: ["object": "\(reference)", "by": "\(managers)"]
            )
            return restored
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// - Returns: who had changed the object, with the fields if the server names them.
    private func reapplySpec(_ spec: JSONValue, _ manifest: Manifest, uid: String) async throws(APIError) -> String {
        let reference = manifest.reference
        // The uid keeps the server from creating the object if it is gone.
        let body = manifest.body.merging(["metadata": ["uid": .string(uid)]])
        var managers = "another manager"
        var result: JSONValue?
        do throws(APIError) {
            result = try await client.send(.apply(reference, body), as: JSONValue.self)
        } catch {
            guard case .status(let status) = error, !status.conflicts.isEmpty || status.code == 422 else { throw error }
            if !status.conflicts.isEmpty {
                managers = Set(status.conflicts.map(\.manager)).sorted().joined(separator: ", ")
                managers += " (\(status.conflicts.map(\.field).joined(separator: ", ")))"
                // The labels say that the object is ours, so its fields are too.
                result = try await client.send(.apply(reference, body, force: true), as: JSONValue.self)
            }
        }
        if result?["spec"]?.matchesSpec(spec) != true {
            // An apply keeps what others added to a list, for example a port. A patch replaces the list.
            try await client.send(.patch(reference, uid: uid, ["spec": spec]))
        }
        return managers
    }
}

extension JSONValue {
    /// Whether a spec has all wanted fields. Others may have added fields, except to the selector: each key narrows it.
    ///
    /// Source: `selector` is an atomic map, <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec>.
    func matchesSpec(_ wanted: JSONValue) -> Bool {
        contains(wanted) && (wanted["selector"] == nil || self["selector"] == wanted["selector"])
    }
}
