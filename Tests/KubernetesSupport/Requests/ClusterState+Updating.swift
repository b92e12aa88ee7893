extension ClusterState {
    /// Puts an object in another's place.
    ///
    /// A resource version that is not the stored one's is a conflict; a custom resource must have one. Source: `Update`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>.
    func update(
        _ key: ObjectKey,
        of resource: Resource,
        _ body: JSONTree,
        _ options: WriteOptions
    ) throws(APIError) -> Written {
        var admission = Admission(resource, options.fieldValidation)
        guard let old = store[key] else { throw .notFound(resource, key.name) }
        let object = try admission.read(try placed(body, resource, key.namespace))
        guard object.metadata.name.text == key.name else {
            throw .badRequest(
                "the name of the object (\(object.metadata.name.text ?? "")) does not match the name on the URL (\(key.name))"
            )
        }
        let version = object.metadata.resourceVersion.text ?? ""
        if version.isEmpty, resource.isCustom {
            var check = Check()
            check.invalid("metadata.resourceVersion", 0, "must be specified for an update")
            throw .invalid(resource, key.name, check.faults)
        }
        try checkIdentity(object, old, resource)
        let stored = try replace(old, by: object, resource, admission, options)
        return Written(object: stored, warnings: admission.warnings)
    }

    /// A uid or version that is not the stored one's is a conflict.
    func checkIdentity(_ object: JSONTree, _ old: JSONTree, _ resource: Resource) throws(APIError) {
        let name = old.metadata.name.text ?? ""
        if let uid = object.metadata.uid.text, !uid.isEmpty, uid != old.metadata.uid.text {
            throw .conflict(
                resource,
                name,
                "StorageError: invalid object, Code: 4, Key: , ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in"
                    + " precondition: \(uid), UID in object meta: \(old.metadata.uid.text ?? "")"
            )
        }
        if let version = object.metadata.resourceVersion.text, !version.isEmpty, version != "0",
            version != old.metadata.resourceVersion.text
        {
            throw .conflict(
                resource,
                name,
                "the object has been modified; please apply your changes to the latest version and try again"
            )
        }
    }

    /// Stores the next state of an object, whichever request led to it.
    ///
    /// Through the main path a status can't be changed, and through `status` nothing else. Where nothing changes nothing is written. What
    /// was waiting for its last finalizer is gone with it.
    ///
    /// - Parameter managedFields: the entries that an apply made; nil: what changed is the writer's.
    func replace(
        _ old: JSONTree,
        by wanted: JSONTree,
        _ resource: Resource,
        _ admission: Admission,
        _ options: WriteOptions,
        managedFields: JSONTree? = nil
    ) throws(APIError) -> JSONTree {
        var new = Self.masked(wanted, old, resource, options.subresource)
        Defaults.fill(&new, resource)
        for field in [
            "uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds",
            "resourceVersion", "selfLink", "managedFields",
        ] {
            new.metadata[field] = old.metadata[field]
        }
        if resource.qualifiedName == "jobs.batch" { Defaults.fillSelector(&new) }
        try admission.validate(new, replacing: old)
        if Self.content(new) != Self.content(old), let generation = old.metadata.generation.int {
            new.metadata.generation = .integer(generation + 1)
        }
        new.metadata.managedFields = managedFields ?? managers(of: old, to: new, wanted, resource, options)
        // A namespace also has `spec.finalizers`, which only its controller empties.
        if !old.metadata.deletionTimestamp.isNull, new.metadata.finalizers.elements.isEmpty,
            resource.qualifiedName != "namespaces",
            resource.qualifiedName != "pods" || new.metadata.deletionGracePeriodSeconds == 0
        {
            if !options.isDryRun { remove(old.key(in: resource)) }
            return new
        }
        guard new != old, !options.isDryRun else { return new }
        return put(new, at: old.key(in: resource))
    }

    private func managers(
        of old: JSONTree,
        to new: JSONTree,
        _ wanted: JSONTree,
        _ resource: Resource,
        _ options: WriteOptions
    ) -> JSONTree {
        // A list with one empty entry clears the owners: "clearing managedFields" in the documentation of server-side apply.
        if wanted.metadata.managedFields == [[:]] { return [] }
        var ownership = Ownership(resource: resource, managers: Manager.read(old.metadata.managedFields))
        ownership.update(from: old, to: new, by: manager(resource, options, .update))
        return ownership.entries
    }

    /// What of an object a path may write.
    private static func masked(_ wanted: JSONTree, _ old: JSONTree, _ resource: Resource, _ subresource: String)
        -> JSONTree
    {
        guard resource.hasStatus else { return wanted }
        if subresource == "status" {
            var new = old
            new["status"] = wanted["status"]
            return new
        }
        var new = wanted
        new["status"] = old["status"]
        return new
    }

    /// All but metadata and status: a change of it is a new generation.
    private static func content(_ object: JSONTree) -> JSONTree {
        var content = object
        content["metadata"] = nil
        content["status"] = nil
        return content
    }
}
