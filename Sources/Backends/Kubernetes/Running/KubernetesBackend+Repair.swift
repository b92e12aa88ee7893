import Jobs
import Logging

extension KubernetesBackend {
    /// Brings the objects of a run back to what was written: what is missing is made again, and what others changed is put right and told of.
    ///
    /// A change of our own settings is no drift: a run goes on as it was started.
    func repair(_ id: RunID, _ anchor: AnchorObject, at reference: ObjectReference) async throws(BackendError) {
        guard let job = store.runs[id]?.job else { return }
        let manifests = try RunMapping(
            id,
            job: job,
            commit: anchor.note(Marks.commit) ?? "",
            author: anchor.note(Marks.author) ?? "",
            settings: settings,
            installation: installation
        ).manifests()
        try await complete(manifests, under: anchor)
        let isAsWritten =
            manifests.anchor.body["metadata"]?["annotations"]?[Marks.manifest]
            == anchor.note(Marks.manifest).map { .string($0) }
        if isAsWritten {
            try await putRight(manifests.anchor, anchor)
        } else {
            logger.debug("the settings have changed since the run began", metadata: ["run": "\(id)"])
        }
        checked[id] = store.runs[id]?.anchor?.metadata.generation ?? anchor.metadata.generation ?? 1
    }

    private func putRight(_ manifest: Manifest, _ anchor: AnchorObject) async throws(BackendError) {
        let reference = manifest.reference
        do throws(APIError) {
            let live = try await client.send(.get(reference), as: JSONValue.self)
            guard let spec = manifest.body["spec"], live["spec"]?.contains(spec) != true,
                live["metadata"]?["uid"] == .string(anchor.metadata.uid)
            else { return }
            // Of an object of another uid this makes nothing: the server refuses it.
            let body = manifest.body.merging(["metadata": ["uid": .string(anchor.metadata.uid)]])
            var managers = "another manager"
            do throws(APIError) {
                note(try await client.send(.apply(reference, body), as: AnchorObject.self))
            } catch {
                guard case .status(let status) = error, !status.conflicts.isEmpty else { throw error }
                managers = Set(status.conflicts.map(\.manager)).sorted().joined(separator: ", ")
                let fields = status.conflicts.map(\.field).joined(separator: ", ")
                managers += fields.isEmpty ? "" : " (\(fields))"
                // The object is ours by its labels, so its fields are.
                note(try await client.send(.apply(reference, body, force: true), as: AnchorObject.self))
            }
            logger.warning(
                "an object was changed by others and is put right",
                metadata: ["object": "\(reference)", "by": "\(managers)"]
            )
        } catch {
            throw BackendError(error, reference)
        }
    }
}
