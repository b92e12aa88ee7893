import Foundation

extension ClusterState {
    /// Deletes an object, or begins to.
    ///
    /// An object with finalizers stays, with a deletion timestamp, until the last of them is taken away. Foreground and orphan deletion are
    /// finalizers too, which the garbage collector serves. A pod stays until its kubelet has ended it. Source: `Delete` and
    /// `deletionFinalizersForGarbageCollection`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>,
    /// <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>.
    ///
    /// - Returns: the object where it stays for now or its kind returns it; else nil, which is answered by a status.
    func delete(_ key: ObjectKey, of resource: Resource, _ options: DeleteOptions) throws(APIError) -> Written {
        guard let old = store[key] else { throw .notFound(resource, key.name) }
        try check(options, old, resource)
        var object = old
        var finalizers = object.metadata.finalizers.elements.filter {
            $0 != "foregroundDeletion" && $0 != "orphan" || options.propagation == nil
        }
        switch options.propagation ?? Self.defaultPropagation(of: resource, old) {
        case .foreground: finalizers.append("foregroundDeletion")
        case .orphan: finalizers.append("orphan")
        case .background: break
        }
        finalizers = finalizers.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        let grace = Self.gracePeriod(of: old, resource, options)
        let isNamespace = resource.qualifiedName == "namespaces"
        if finalizers.isEmpty, grace == 0, !isNamespace {
            if !options.isDryRun { remove(key) }
            return Written(object: Self.answer(old, resource))
        }
        object.metadata["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers)
        let before = old.metadata.deletionGracePeriodSeconds.int ?? grace
        // When it is to be over, and so earlier where the time is made shorter: `BeforeDelete`,
        // https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/registry/rest/delete.go
        let start = Self.date(old.metadata.deletionTimestamp)?.addingTimeInterval(-Double(before)) ?? Date()
        object.metadata.deletionTimestamp = .string(
            Self.timestamp(start.addingTimeInterval(Double(min(before, grace))))
        )
        if old.metadata.deletionTimestamp.isNull {
            if let generation = old.metadata.generation.int { object.metadata.generation = .integer(generation + 1) }
        }
        object.metadata.deletionGracePeriodSeconds = .integer(min(before, grace))
        if isNamespace { object.status.phase = "Terminating" }
        guard object != old, !options.isDryRun else { return Written(object: object) }
        return Written(object: put(object, at: key))
    }

    private func check(_ options: DeleteOptions, _ old: JSONTree, _ resource: Resource) throws(APIError) {
        let name = old.metadata.name.text ?? ""
        if let uid = options.uid, uid != old.metadata.uid.text {
            throw .conflict(
                resource,
                name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(old.metadata.uid.text ?? "")). The object"
                    + " might have been deleted and then recreated"
            )
        }
        if let version = options.resourceVersion, version != old.metadata.resourceVersion.text {
            throw .conflict(
                resource,
                name,
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record"
                    + " (\(old.metadata.resourceVersion.text ?? "")). The object might have been modified"
            )
        }
    }

    /// What is done where the client does not say: a finalizer that is there decides, then the kind. The pods of a Job of batch/v1 are left.
    ///
    /// Source: `DefaultGarbageCollectionPolicy`,
    /// <https://github.com/kubernetes/kubernetes/blob/36f36813ae40015c94d2df1493447edaa145dd5a/pkg/registry/batch/job/strategy.go>.
    private static func defaultPropagation(of resource: Resource, _ object: JSONTree) -> DeleteOptions.Propagation {
        let finalizers = object.metadata.finalizers.elements
        if finalizers.contains("orphan") { return .orphan }
        if finalizers.contains("foregroundDeletion") { return .foreground }
        return resource.qualifiedName == "jobs.batch" ? .orphan : .background
    }

    /// Only a pod that has been given to a machine and has not ended has time to end in.
    ///
    /// Source: `CheckGracefulDelete`,
    /// <https://github.com/kubernetes/kubernetes/blob/008b3652959ca58af8be3fb5b6ecfe9ae7638282/pkg/registry/core/pod/strategy.go>.
    private static func gracePeriod(of object: JSONTree, _ resource: Resource, _ options: DeleteOptions) -> Int {
        guard resource.qualifiedName == "pods" else { return 0 }
        let isOver = ["Succeeded", "Failed"].contains(object.status.phase.text ?? "")
        if object.spec.nodeName.isNull || isOver { return 0 }
        // A negative one is one second.
        if let period = options.gracePeriod { return period < 0 ? 1 : period }
        return object.spec.terminationGracePeriodSeconds.int ?? 30
    }

    /// Most kinds are answered by a status with what was deleted.
    private static func answer(_ object: JSONTree, _ resource: Resource) -> JSONTree {
        guard !["pods", "services", "namespaces", "persistentvolumeclaims"].contains(resource.qualifiedName) else {
            return object
        }
        var details: JSONTree = [
            "name": object.metadata.name, "kind": .string(resource.plural), "uid": object.metadata.uid,
        ]
        if !resource.group.isEmpty { details.group = .string(resource.group) }
        return [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
        ]
    }

    /// Deletes all that a list would show.
    func deleteAll(_ resource: Resource, _ read: ReadOptions, _ options: DeleteOptions) throws(APIError) -> JSONTree {
        var all = read
        all.limit = 0
        let list = try list(resource, all)
        for object in list.items.elements {
            _ = try delete(object.key(in: resource), of: resource, options)
        }
        return list
    }
}
