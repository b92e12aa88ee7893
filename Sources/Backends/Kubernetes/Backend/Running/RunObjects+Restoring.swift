import Jobs
import KubernetesClient
import Logging

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
            guard live["metadata"]?["uid"] == .string(uid), let spec = live["spec"],
                let wanted = manifest.body["spec"],
                let patch = SpecRepair(queue: settings.queue).patch(spec, to: wanted)
            else { return nil }
            let restored = try await client.send(.patch(reference, uid: uid, ["spec": patch]), as: Object.self)
            logger.warning(
                "an object was changed by others and is put right",
                metadata: [
                    "object": "\(reference)", "fields": "\(SpecRepair.paths(of: patch).joined(separator: ", "))",
                    "by": "\(live.otherManagers.joined(separator: ", "))",
                ]
            )
            return restored
        } catch {
            throw BackendError(error, reference)
        }
    }

    /// Restores our labels of a Job whose owner is one of our runs.
    func restoreLabels(of known: BatchJobObject, to manifest: Manifest) async throws(BackendError) -> BatchJobObject {
        guard let labels = manifest.body["metadata"]?["labels"], case .object(let wanted) = labels,
            wanted.contains(where: { known.metadata.labels?[$0.key].map { .string($0) } != $0.value })
        else { return known }
        return try await restoreMarks(of: known, at: manifest.reference, ["labels": labels])
    }

    /// Restores labels and annotations of an object.
    func restoreMarks<Object: ClusterObject>(
        of known: Object,
        at reference: ObjectReference,
        _ marks: JSONValue
    ) async throws(BackendError) -> Object {
        do throws(APIError) {
            let uid = known.metadata.uid
            let restored = try await client.send(.patch(reference, uid: uid, ["metadata": marks]), as: Object.self)
            logger.warning(
                "labels or annotations were changed by others and are put right",
                metadata: ["object": "\(reference)"]
            )
            return restored
        } catch {
            throw BackendError(error, reference)
        }
    }
}

extension JSONValue {
    /// Who else has changed the object itself, by its `managedFields`. Changes of the status don't count.
    fileprivate var otherManagers: [String] {
        guard case .array(let entries) = self["metadata"]?["managedFields"] ?? .null else { return [] }
        let names = entries.compactMap { entry -> String? in
            guard entry["subresource"] == nil, case .string(let name) = entry["manager"] ?? .null else { return nil }
            return name == Marks.manager ? nil : name
        }
        return Set(names).sorted()
    }
}

/// Finds what others changed in a spec.
///
/// Others may add fields: the server fills in defaults, and policies of the cluster add their own. Only fields that change where
/// or whether a replica runs are removed.
struct SpecRepair {
    /// The queue that admits runs. It suspends them, and chooses their nodes.
    let queue: Queue?

    /// Fields of a pod template that choose a node.
    private static let placement: Set = ["nodeSelector", "nodeName", "affinity"]

    /// Returns the merge patch that undoes the changes; nil if there are none.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7386>.
    func patch(_ live: JSONValue, to wanted: JSONValue) -> JSONValue? {
        patch(live, to: wanted, at: "")
    }

    private func patch(_ live: JSONValue, to wanted: JSONValue, at path: String) -> JSONValue? {
        guard case .object(let members) = live, case .object(let wishes) = wanted else {
            return live.contains(wanted) ? nil : wanted
        }
        var changes: [String: JSONValue] = [:]
        for (name, wish) in wishes {
            changes[name] =
                members[name].map { patch($0, to: wish, at: path.isEmpty ? name : "\(path).\(name)") } ?? wish
        }
        for (name, value) in members where wishes[name] == nil && isUnwanted(name, value, at: path) {
            changes[name] = .null
        }
        return changes.isEmpty ? nil : .object(changes)
    }

    private func isUnwanted(_ name: String, _ value: JSONValue, at path: String) -> Bool {
        // Each key narrows a Service's selector: it is an atomic map,
        // https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec
        if path == "selector" || path == "tfReplicaSpecs" { return true }
        guard queue == nil else { return false }
        if name == "suspend" { return value == true && (path.isEmpty || path == "runPolicy") }
        return path.hasSuffix("template.spec") && Self.placement.contains(name)
    }

    /// The fields that a patch changes, in dotted form.
    static func paths(of patch: JSONValue) -> [String] {
        guard case .object(let members) = patch, !members.isEmpty else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { name, value in
            let below = paths(of: value)
            return below.isEmpty ? [name] : below.map { "\(name).\($0)" }
        }
    }
}
