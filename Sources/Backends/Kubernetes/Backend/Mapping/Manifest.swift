import Crypto
import Foundation
import Jobs
import KubernetesClient

/// The wanted state of an object.
struct Manifest: Sendable, Equatable {
    let reference: ObjectReference
    var body: JSONValue

    /// - Parameters:
    ///   - reference: the object's location.
    ///   - labels: the object's labels.
    ///   - annotations: the object's annotations.
    ///   - spec: the object's spec.
    init(
        _ reference: ObjectReference,
        labels: [String: String],
        annotations: [String: String] = [:],
        spec: JSONValue
    ) {
        self.reference = reference
        var metadata: [String: JSONValue] = [
            "name": .string(reference.name), "labels": .object(labels.mapValues { .string($0) }),
        ]
        metadata["namespace"] = reference.namespace.map { .string($0) }
        if !annotations.isEmpty {
            metadata["annotations"] = .object(annotations.mapValues { .string($0) })
        }
        body = [
            "apiVersion": .string(reference.kind.apiVersion), "kind": .string(reference.kind.name),
            "metadata": .object(metadata), "spec": spec,
        ]
    }

    /// Makes another object the owner, so that both are deleted together.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/>.
    mutating func setOwner(_ owner: ObjectReference, uid: String) {
        let reference: JSONValue = [
            "apiVersion": .string(owner.kind.apiVersion), "kind": .string(owner.kind.name),
            "name": .string(owner.name), "uid": .string(uid), "controller": true, "blockOwnerDeletion": true,
        ]
        body = body.merging(["metadata": ["ownerReferences": [reference]]])
    }
}

/// All objects of a run: the anchor that represents it, and the objects that the anchor owns.
struct RunManifests: Sendable, Equatable {
    var anchor: Manifest
    var children: [Manifest] = []

    /// A digest of the specs that a run was started with: 16 hexadecimal digits.
    static func digest(_ specs: [JSONValue?]) throws -> String {
        var hash = SHA256()
        for spec in specs {
            hash.update(data: Data(try (spec ?? .null).text().utf8))
        }
        return hash.finalize().prefix(8).map { String(format: "%02x", $0) }.joined()
    }
}
