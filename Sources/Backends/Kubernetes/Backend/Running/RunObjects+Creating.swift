import Jobs
import KubernetesClient
import Logging

/// Creating objects.
extension RunObjects {
    /// Creates an object, and first its namespace if that is missing and the settings allow it.
    ///
    /// - Parameters:
    ///   - manifest: the object.
    ///   - isBulk: whether other requests pass this one.
    ///   - type: what to read of the answer.
    /// - Returns: nil if an object of that name exists; it is left alone.
    func createObject<Object: Decodable & Sendable>(
        _ manifest: Manifest,
        isBulk: Bool = false,
        as type: Object.Type
    ) async throws(BackendError) -> Object? {
        let request = APIRequest.create(manifest.reference, manifest.body, isBulk: isBulk)
        do throws(APIError) {
            do throws(APIError) {
                return try await client.send(request, as: type)
            } catch {
                guard settings.createNamespaces, error.isRefusal(.missingNamespace),
                    let name = manifest.reference.namespace
                else { throw error }
                try await createNamespace(name)
                return try await client.send(request, as: type)
            }
        } catch {
            if error.isRefusal(.existingObject) { return nil }
            let refusal = BackendError(error, manifest.reference)
            // The server asks its policies before it looks whether the object exists. If an earlier answer was lost, it does.
            if case .refused = refusal, try await fetchObject(at: manifest.reference, as: IdentifiedObject.self) != nil
            {
                return nil
            }
            throw refusal
        }
    }

    /// Asks the server whether it would create an object.
    ///
    /// - Returns: why it would not; nil if it would.
    func tryCreation(of manifest: Manifest) async -> APIError? {
        do throws(APIError) {
            try await client.send(.create(manifest.reference, manifest.body, isDryRun: true))
            return nil
        } catch {
            return error
        }
    }

    /// Creates an Indexed Job of a run, or finds it if an earlier call created it.
    ///
    /// A Job of the same name that another owner left is deleted only if the cluster deletes it anyway, or if the settings allow it.
    func createJob(_ manifest: Manifest, under anchor: AnchorObject) async throws(BackendError) -> BatchJobObject {
        for _ in 0..<3 {
            if let created = try await createObject(manifest, as: BatchJobObject.self) { return created }
            guard let known = try await fetchObject(at: manifest.reference, as: BatchJobObject.self) else { continue }
            if known.metadata.controller == anchor.metadata.uid {
                return try await restoreLabels(of: known, to: manifest)
            }
            let isLeft = known.metadata.deletionTimestamp != nil || known.isOfEarlierAnchor(than: anchor)
            if !isLeft {
                try checkAdoption(of: known.metadata, at: manifest.reference)
            }
            try await deleteObject(at: manifest.reference, uid: known.metadata.uid)
            try await waitUntilGone(manifest.reference, uid: known.metadata.uid)
        }
        throw .unavailable("\(manifest.reference) can't be created: another object of its name appears each time")
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
        do throws(APIError) {
            try await client.send(.create(reference, body))
            logger.notice("a namespace was created", metadata: ["namespace": "\(name)"])
        } catch {
            // Another job of the partition created it at the same time.
            guard error.isRefusal(.existingObject) else { throw error }
        }
    }

    /// Refuses to take the place of an object of the same name, unless the settings allow it.
    func checkAdoption(of known: ObjectMetadata, at reference: ObjectReference) throws(BackendError) {
        let owner: String
        let name = known.labels?[Marks.installation]
        if name == installation, let id = RunID(labels: known.labels) {
            owner = "the job \(id.key) of this service"
        } else if let name {
            owner = "the installation \"\(name)\" of tfjob-admin"
        } else {
            owner = known.labels?[Marks.managedBy] ?? "somebody else"
        }
        guard settings.adopt else {
            throw .refused(
                "\(reference) is there already and belongs to \(owner); rename the job, delete the object, or write adopt: true at the cluster"
            )
        }
        logger.notice("an object is taken over", metadata: ["object": "\(reference)", "owner": "\(owner)"])
    }
}

extension BatchJobObject {
    /// Whether an earlier anchor of the same name owns the Job. The cluster deletes it, because its owner is gone.
    fileprivate func isOfEarlierAnchor(than anchor: AnchorObject) -> Bool {
        guard let owner = metadata.ownerReferences?.first(where: { $0.controller == true }) else { return false }
        return owner.kind == ResourceKind.services.name && owner.name == anchor.metadata.name
            && owner.uid != anchor.metadata.uid
    }
}
