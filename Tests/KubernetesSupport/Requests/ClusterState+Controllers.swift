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
        do throws(APIError) {
            _ = try create(resource, in: namespace, object, WriteOptions(manager: manager))
            return true
        } catch {
            guard error.reason != "AlreadyExists" else { return false }
            // "FailedCreate": https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/controller/controller_utils.go,
            // "FailedCreatePod": https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/control/pod_control.go
            let reason = manager == "manager" ? "FailedCreatePod" : "FailedCreate"
            record(reason, "Error creating: \(error.message)", of: owner, by: manager)
            return false
        }
    }

    /// Records a warning; one that is repeated is counted and gets a new time.
    ///
    /// Source: `EventCorrelate`, <https://github.com/kubernetes/client-go/blob/v0.32.0/tools/record/events_cache.go>, and
    /// <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>.
    func record(_ reason: String, _ message: String, of object: JSONTree, by component: String) {
        let namespace = object.metadata.namespace.text ?? ""
        let now = JSONTree.string(Self.timestamp())
        let known = store.keys(of: "events", in: namespace).first { key in
            let event = store[key] ?? .null
            return event.involvedObject.uid == object.metadata.uid && event.reason.text == reason
                && event.message.text == message
        }
        if let known {
            modify(known, uid: nil, by: component, status: false) { event in
                event.count = .integer((event.count.int ?? 1) + 1)
                event.lastTimestamp = now
            }
            return
        }
        let event: JSONTree = [
            "apiVersion": "v1", "kind": "Event",
            "metadata": [
                "name": .string("\(object.metadata.name.text ?? "").\(Names.suffix())\(Names.suffix())"),
                "namespace": .string(namespace),
            ],
            "involvedObject": [
                "apiVersion": object.apiVersion, "kind": object.kind, "name": object.metadata.name,
                "namespace": .string(namespace), "uid": object.metadata.uid,
            ],
            "type": "Warning", "reason": .string(reason), "message": .string(message), "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": ["component": .string(component)],
        ]
        _ = try? create(.events, in: namespace, event, WriteOptions(manager: component))
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
