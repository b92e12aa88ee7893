import Foundation
import Jobs
import KubernetesClient
import Logging

/// Puts labels and annotations right that others changed, and finds out what a missing object means.
extension KubernetesBackend {
    /// Changes annotations of an anchor; nil removes one.
    func annotate(
        _ anchor: AnchorObject,
        of id: RunID,
        _ changes: [String: String?]
    ) async throws(BackendError) -> AnchorObject {
        let values = changes.mapValues { $0.map { JSONValue.string($0) } ?? .null }
        let changed = try await objects.annotateAnchor(anchor, of: id.key, values)
        store.acceptMarks(of: id, changes)
        storeAnswer(changed)
        return changed
    }

    /// Restores our labels, and the annotations as they were before somebody changed them.
    func restoreMarks(
        of view: RunView,
        _ anchor: AnchorObject,
        at reference: ObjectReference
    ) async throws(BackendError) {
        let marks = view.marks ?? [:]
        var annotations: [String: JSONValue] = [Marks.path: .string(view.id.key.path)]
        for name in Marks.annotationNames {
            annotations[name] = marks[name].map { .string($0) } ?? .null
        }
        storeAnswer(
            try await objects.restoreMarks(
                of: anchor,
                at: reference,
                ["labels": labels(of: view.id), "annotations": .object(annotations)]
            )
        )
    }

    private func labels(of id: RunID) -> JSONValue {
        .object(Marks.labels(of: id, installation: objects.installation).mapValues { .string($0) })
    }

    /// Restores what names a run and its job, if this service did not see it before somebody changed it.
    func restoreIdentity(
        of known: AnchorObject,
        _ mapping: RunMapping,
        at reference: ObjectReference
    ) async throws(BackendError) {
        let isReadable = known.job(mapping.id) != nil
        guard known.hasAlteredLabels || !isReadable else { return }
        var changes: [String: String] = [:]
        if !isReadable {
            changes = try mapping.jobAnnotations()
            changes[Marks.path] = mapping.id.key.path
            changes[Marks.digest] = mapping.job.digest
            changes[Marks.runCommit] = known.annotation(Marks.runCommit) ?? mapping.runCommit
        }
        let restored = try await objects.restoreMarks(
            of: known,
            at: reference,
            ["labels": labels(of: mapping.id), "annotations": .object(changes.mapValues { .string($0) })]
        )
        store.acceptMarks(of: mapping.id, changes)
        storeAnswer(restored)
    }

    /// Finds out whether an anchor is gone, or only lacks its labels.
    func verifyDeletion(of id: RunID, _ anchor: AnchorObject, at reference: ObjectReference) async throws(BackendError)
    {
        let live = try await objects.fetchObject(at: reference, as: IdentifiedObject.self)
        guard let live, live.metadata.uid == anchor.metadata.uid, live.metadata.deletionTimestamp == nil else {
            store.removeSuspect(id)
            announceChange(of: id)
            return
        }
        storeAnswer(try await objects.restoreMarks(of: anchor, at: reference, ["labels": labels(of: id)]))
    }

    /// Finds out whether the pods of a run were deleted with their namespace: the server creates nothing in a namespace that ends.
    ///
    /// The question needs no right beside those that a run needs. Source: `Admit`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/namespace/lifecycle/admission.go>.
    func judgeDeletion(of view: RunView, _ anchor: AnchorObject) async throws(BackendError) {
        guard let job = view.job else { return }
        let manifest = try objects.mapping(of: view.id, job, anchor).manifests().anchor
        let error = await objects.tryCreation(of: manifest)
        if let error {
            if error.isRefusal(.endingNamespace) || error.isRefusal(.missingNamespace) {
                // The anchor goes with its namespace. Until then, this is asked again with pauses.
                throw .refused("the namespace of \(manifest.reference) is being deleted")
            }
            guard case .status(let status) = error, status.refusal != .temporary else {
                throw BackendError(error, manifest.reference)
            }
        }
        store.confirmDeletion(of: view.id)
        announceChange(of: view.id)
    }
}
