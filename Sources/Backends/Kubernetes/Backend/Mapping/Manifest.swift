import Crypto
import Foundation
import Jobs
import KubernetesClient

/// An object as we want it.
struct Manifest: Sendable, Equatable {
    let reference: ObjectReference
    var body: JSONValue

    /// - Parameters:
    ///   - reference: where it is to be.
    ///   - labels: of its metadata.
    ///   - annotations: of its metadata.
    ///   - spec: what it is to be.
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

    /// Makes the object go with another.
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

/// All objects of a run: one that stands for it, and those that go with that one.
struct RunManifests: Sendable, Equatable {
    var anchor: Manifest
    var children: [Manifest] = []

    /// Identifies what the run was told to be, whoever changes it later: 16 hexadecimal digits.
    static func digest(_ specs: [JSONValue?]) throws -> String {
        var hash = SHA256()
        for spec in specs {
            hash.update(data: Data(try (spec ?? .null).text().utf8))
        }
        return hash.finalize().prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
