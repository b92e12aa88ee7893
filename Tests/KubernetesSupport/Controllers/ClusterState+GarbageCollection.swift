/// Deletes what has lost its owners, and serves foreground and orphan deletion.
///
/// Source: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>, `attemptToDeleteItem`, `processDeletingDependentsItem` and
/// `attemptToOrphanWorker`,
/// <https://github.com/kubernetes/kubernetes/blob/cb6ff2d8ce3595f88570f82c7d0e6d98910afd3c/pkg/controller/garbagecollector/garbagecollector.go>.
extension ClusterState {
    /// Looks at an object that changed, or that is gone.
    func collectGarbage(_ change: ObjectStore.Change) {
        guard let object = change.new else {
            collect(after: change.old ?? .null)
            return
        }
        let finalizers = object.metadata.finalizers.elements
        if !object.metadata.deletionTimestamp.isNull {
            if finalizers.contains("orphan") {
                orphan(change.key, object)
            } else if finalizers.contains("foregroundDeletion") {
                deleteDependents(change.key, object)
            }
        } else if change.old == nil {
            collectIfOrphaned(change.key)
        }
    }

    /// An owner is gone: so are those that had no other. An owner that waits for its dependents is looked at again.
    private func collect(after object: JSONTree) {
        for key in store.dependents(of: object.metadata.uid.text ?? "") { collectIfOrphaned(key) }
        for reference in object.metadata.ownerReferences.elements {
            guard let key = owner(reference, of: object), let owner = store[key] else { continue }
            if owner.metadata.finalizers.elements.contains("foregroundDeletion"),
                !owner.metadata.deletionTimestamp.isNull
            {
                deleteDependents(key, owner)
            }
        }
    }

    private func owner(_ reference: JSONTree, of object: JSONTree) -> ObjectKey? {
        guard
            let resource = resources.values.first(where: {
                $0.kind == reference.kind.text && $0.apiVersion == reference.apiVersion.text
            })
        else { return nil }
        let namespace = resource.isNamespaced ? object.metadata.namespace.text ?? "" : ""
        let key = ObjectKey(
            resource: resource.qualifiedName,
            namespace: namespace,
            name: reference.name.text ?? ""
        )
        return store[key]?.metadata.uid == reference.uid ? key : nil
    }

    /// Deletes an object that no owner holds any more. One that has another owner still loses the references that lead nowhere.
    ///
    /// Where an owner waits for it, an object that has dependents itself is deleted in the foreground too. Else its own finalizers
    /// say how it goes.
    private func collectIfOrphaned(_ key: ObjectKey) {
        guard let object = store[key], object.metadata.deletionTimestamp.isNull,
            let resource = resources[key.resource]
        else { return }
        let references = object.metadata.ownerReferences.elements
        guard !references.isEmpty else { return }
        let solid = references.filter { isSolid($0, of: object) }
        guard solid.isEmpty else {
            if solid.count < references.count {
                modify(key, uid: nil, by: "kube-controller-manager", status: false) {
                    $0.metadata.ownerReferences = .array(solid)
                }
            }
            return
        }
        let isWaitedFor = references.contains { owner($0, of: object) != nil }
        let finalizers = object.metadata.finalizers.elements
        var options = DeleteOptions()
        if isWaitedFor, !store.dependents(of: object.metadata.uid.text ?? "").isEmpty {
            options.propagation = .foreground
        } else if finalizers.contains("orphan") {
            options.propagation = .orphan
        } else {
            options.propagation = finalizers.contains("foregroundDeletion") ? .foreground : .background
        }
        _ = try? delete(key, of: resource, options)
    }

    /// Whether an owner is there and does not wait for its dependents to go.
    private func isSolid(_ reference: JSONTree, of object: JSONTree) -> Bool {
        guard let key = owner(reference, of: object), let owner = store[key] else { return false }
        return owner.metadata.deletionTimestamp.isNull
            || !owner.metadata.finalizers.elements.contains("foregroundDeletion")
    }

    private func deleteDependents(_ key: ObjectKey, _ object: JSONTree) {
        let uid = object.metadata.uid.text ?? ""
        for dependent in store.dependents(of: uid) { collectIfOrphaned(dependent) }
        let isBlocked = store.dependents(of: uid).contains { dependent in
            store[dependent]?.metadata.ownerReferences.elements.contains {
                $0.uid.text == uid && $0.blockOwnerDeletion.isTrue
            } ?? false
        }
        if !isBlocked { drop("foregroundDeletion", from: key) }
    }

    private func orphan(_ key: ObjectKey, _ object: JSONTree) {
        for dependent in store.dependents(of: object.metadata.uid.text ?? "") {
            modify(dependent, uid: nil, by: "kube-controller-manager", status: false) { dependent in
                dependent.metadata.ownerReferences = .array(
                    dependent.metadata.ownerReferences.elements.filter { $0.uid != object.metadata.uid }
                )
            }
        }
        drop("orphan", from: key)
    }

    /// Takes a finalizer away.
    func drop(_ finalizer: String, from key: ObjectKey) {
        modify(key, uid: nil, by: "kube-controller-manager", status: false) { object in
            let left = object.metadata.finalizers.elements.filter { $0.text != finalizer }
            object.metadata["finalizers"] = left.isEmpty ? nil : .array(left)
        }
    }

    /// Empties a namespace that is being deleted, and then takes it away.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/>.
    func emptyNamespace(_ name: String) {
        let key = ObjectKey(resource: "namespaces", namespace: "", name: name)
        guard let namespace = store[key], !namespace.metadata.deletionTimestamp.isNull else { return }
        let keys = resources.values.filter(\.isNamespaced).flatMap { store.keys(of: $0.qualifiedName, in: name) }
        for key in keys where store[key]?.metadata.deletionTimestamp.isNull == true { discard(key) }
        let isEmpty = resources.values.filter(\.isNamespaced).allSatisfy {
            store.keys(of: $0.qualifiedName, in: name).isEmpty
        }
        if isEmpty, namespace.metadata.finalizers.elements.isEmpty { remove(key) }
    }
}
