import Jobs
import KubernetesClient
import Logging

extension KubernetesBackend {
    /// Brings the objects of a run back to what was written: what is missing is made again, and what others changed is put right and told of.
    ///
    /// A change of our own settings is no drift: a run goes on as it was started.
    func repair(_ id: RunID, _ anchor: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        guard let job = store.runs[id]?.job else { return }
        let manifests = try mapping(of: id, job, anchor).manifests()
        try await complete(manifests, under: anchor)
        let isAsWritten =
            manifests.anchor.body["metadata"]?["annotations"]?[Marks.manifest]
            == anchor.note(Marks.manifest).map { .string($0) }
        if isAsWritten {
            try await putRight(manifests.anchor, anchor) { self.note($0) }
            for var child in manifests.children {
                guard let known = store.runs[id]?.jobs[child.reference.name] else { continue }
                // What an apply leaves out, it takes away.
                child.setOwner(manifests.anchor.reference, uid: anchor.metadata.uid)
                try await putRight(child, known) { self.store.put($0).map(self.announce) }
            }
        } else {
            logger.debug("the settings have changed since the run began", metadata: ["run": "\(id)"])
        }
        guard let run = store.runs[id] else { return }
        for metadata in [run.anchor?.metadata ?? anchor.metadata] + run.jobs.values.map(\.metadata) {
            checked[metadata.uid] = metadata.generation ?? 1
        }
    }

    /// What a run was made by, with the settings of today.
    func mapping(of id: RunID, _ job: Job, _ anchor: AnchorObject) throws(BackendError) -> RunMapping {
        var mapping = try RunMapping(
            id,
            job: job,
            commit: anchor.note(Marks.commit) ?? "",
            author: anchor.note(Marks.author) ?? "",
            settings: settings,
            installation: installation
        )
        mapping.attempt = anchor.attempt
        return mapping
    }

    /// - Parameters:
    ///   - manifest: the object as we want it.
    ///   - known: the object as it was seen last: only this very one is put right.
    ///   - take: gets the object as it is then.
    private func putRight<Object: ClusterObject>(
        _ manifest: Manifest,
        _ known: Object,
        _ take: (Object) -> Void
    ) async throws(BackendError) {
        let reference = manifest.reference
        let uid = known.metadata.uid
        do throws(APIError) {
            let live = try await client.send(.get(reference), as: JSONValue.self)
            guard let spec = manifest.body["spec"], live["spec"]?.holds(spec) != true,
                live["metadata"]?["uid"] == .string(uid)
            else { return }
            let managers = try await applyAnew(reference, manifest.body, spec, uid: uid)
            take(try await client.send(.get(reference), as: Object.self))
            logger.warning(
                "an object was changed by others and is put right",
                metadata: ["object": "\(reference)", "by": "\(managers)"]
            )
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// - Returns: who had changed it, with the fields where the server tells.
    private func applyAnew(
        _ reference: ObjectReference,
        _ body: JSONValue,
        _ spec: JSONValue,
        uid: String
    ) async throws(APIError) -> String {
        // Of an object of another uid this makes nothing: the server refuses it.
        let body = body.merging(["metadata": ["uid": .string(uid)]])
        var managers = "another manager"
        var result: JSONValue?
        do throws(APIError) {
            result = try await client.send(.apply(reference, body), as: JSONValue.self)
        } catch {
            guard case .status(let status) = error, !status.conflicts.isEmpty || status.code == 422 else { throw error }
            if !status.conflicts.isEmpty {
                managers = Set(status.conflicts.map(\.manager)).sorted().joined(separator: ", ")
                managers += " (\(status.conflicts.map(\.field).joined(separator: ", ")))"
                // The object is ours by its labels, so its fields are.
                result = try await client.send(.apply(reference, body, force: true), as: JSONValue.self)
            }
        }
        if result?["spec"]?.holds(spec) != true {
            // An apply leaves what others put into a list, a port say; this writes the list whole.
            try await client.send(.patch(reference, uid: uid, ["spec": spec]))
        }
        return managers
    }
}
