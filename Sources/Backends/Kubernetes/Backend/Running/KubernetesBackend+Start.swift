import Foundation
public import Jobs
import KubernetesClient
import Logging

extension KubernetesBackend {
    /// Accepts a run: its objects are on the cluster when this returns.
    ///
    /// An older run of the same job gives way, and is seen gone first.
    public func start(_ request: RunRequest) async throws(BackendError) {
        var mapping = try RunMapping(
            request.id,
            job: request.job,
            commit: request.commit,
            author: request.author,
            settings: settings,
            installation: installation
        )
        _ = try mapping.manifests()
        await beginTurn(on: request.id.key)
        defer { endTurn(on: request.id.key) }
        mapping.attempt = store.attempts[request.id] ?? .first
        try await start(mapping)
    }

    /// Makes the objects of a run, in the attempt that the mapping says.
    func start(_ mapping: RunMapping) async throws(BackendError) {
        var mapping = mapping
        let id = mapping.id
        let reference = try RunMapping.anchor(of: id.key, settings)
        var force = false
        if let known = try await anchor(at: reference) {
            if known.isOwned(by: installation), let holder = RunID(labels: known.metadata.labels), holder.key == id.key
            {
                guard holder.number <= id.number else {
                    throw .refused("\(reference) is run \(holder.number) of this job already, which is newer")
                }
                // What finished stays finished, also where its time-to-live takes it away now; what runs goes on.
                if holder == id {
                    note(known)
                    let next = store.runs[id].flatMap { $0.awaitsRestart ? $0.nextAttempt(now: Date()) : nil }
                    guard known.isBeingDeleted, !known.isFinished || next != nil else {
                        if !known.isFinished {
                            mapping.attempt = known.attempt
                            try await complete(try mapping.manifests(), under: known)
                        }
                        return
                    }
                    mapping.attempt = next ?? mapping.attempt
                }
                try await remove(known, at: reference)
            } else {
                force = try await takeOver(known, at: reference)
            }
        }
        let manifests = try mapping.manifests()
        let anchor = try await apply(manifests.anchor, force: force, as: AnchorObject.self)
        note(anchor)
        try await complete(manifests, under: anchor)
        logger.debug("run is on the cluster", metadata: ["run": "\(id)", "object": "\(reference)"])
    }

    /// Makes what goes with a run's anchor, where it is not there.
    func complete(_ manifests: RunManifests, under anchor: AnchorObject) async throws(BackendError) {
        guard let id = RunID(labels: anchor.metadata.labels) else { return }
        let missing = manifests.children.filter { store.runs[id]?.jobs[$0.reference.name] == nil }
        if anchor.attempt.number > 0 {
            try await endEarlierAttempts(of: id, anchor.attempt, at: missing.map(\.reference))
        }
        for var child in missing {
            child.setOwner(manifests.anchor.reference, uid: anchor.metadata.uid)
            let job = try await apply(child, force: false, as: BatchJobObject.self)
            if let id = store.put(job) {
                announce(id)
            }
        }
    }

    /// What to do with an object of the same name that is not ours.
    ///
    /// - Returns: whether its fields may be taken from their managers.
    private func takeOver(_ known: AnchorObject, at reference: ObjectReference) async throws(BackendError) -> Bool {
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
        // What runs under it was not started by what we would write: pods don't follow a changed template.
        try await remove(known, at: reference)
        return true
    }

    func anchor(at reference: ObjectReference) async throws(BackendError) -> AnchorObject? {
        do throws(APIError) {
            return try await client.send(.get(reference), as: AnchorObject.self)
        } catch {
            if error.isNotFound { return nil }
            throw BackendError(error, reference)
        }
    }

    /// Applies an object, and makes its namespace first where that is missing and may be made.
    func apply<Object: Decodable & Sendable>(
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
                try await makeNamespace(name)
                return try await client.send(request, as: type)
            }
        } catch {
            throw BackendError(error, manifest.reference)
        }
    }

    private func makeNamespace(_ name: String) async throws(APIError) {
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
}
