/// How the cluster's own parts write: the same ways as a client's, without the wire between.
extension ClusterState {
    /// Changes an object as it is now.
    ///
    /// - Parameters:
    ///   - uid: what is there must have; nil: whatever is there.
    ///   - manager: owns what changes.
    ///   - status: whether the status is changed, or all but it.
    /// - Returns: whether the object was there.
    @discardableResult
    func modify(
        _ key: ObjectKey,
        uid: String?,
        by manager: String,
        status: Bool = true,
        _ change: @Sendable (inout JSONTree) -> Void
    ) -> Bool {
        guard let old = store[key], uid == nil || old.metadata.uid.text == uid,
            let resource = resources[key.resource]
        else { return false }
        var new = old
        change(&new)
        let options = WriteOptions(manager: manager, subresource: status ? "status" : "")
        _ = try? replace(old, by: new, resource, Admission(resource, .ignore), options)
        return true
    }

    /// Makes an object that belongs to another.
    ///
    /// - Returns: whether it was made; not, where there is one of its name already.
    @discardableResult
    func make(_ object: JSONTree, _ resource: Resource, ownedBy owner: JSONTree, by manager: String) -> Bool {
        var object = object
        object.metadata.ownerReferences = [
            [
                "apiVersion": owner.apiVersion, "kind": owner.kind, "name": owner.metadata.name,
                "uid": owner.metadata.uid, "controller": true, "blockOwnerDeletion": true,
            ]
        ]
        let namespace = owner.metadata.namespace.text ?? ""
        return (try? create(resource, in: namespace, object, WriteOptions(manager: manager))) != nil
    }

    /// Deletes an object, with its dependents behind it.
    func discard(_ key: ObjectKey, gracePeriod: Int? = nil) {
        guard let resource = resources[key.resource] else { return }
        var options = DeleteOptions()
        options.propagation = .background
        options.gracePeriod = gracePeriod
        _ = try? delete(key, of: resource, options)
    }

    /// The objects of a resource that an owner controls.
    func controlled(by owner: JSONTree, _ resource: Resource) -> [JSONTree] {
        let uid = owner.metadata.uid.text ?? ""
        return store.dependents(of: uid).filter { $0.resource == resource.qualifiedName }.compactMap { store[$0] }
            .filter { object in
                object.metadata.ownerReferences.elements.contains { $0.uid.text == uid && $0.controller.isTrue }
            }
    }
}
