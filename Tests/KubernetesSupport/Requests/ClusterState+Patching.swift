/// How a patch is meant: the four content types of a PATCH.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply>.
enum PatchType: String, Sendable {
    case merge = "application/merge-patch+json"
    case json = "application/json-patch+json"
    /// Lists are merged as the schema says; the directives `$patch` and `$setElementOrder` are left out.
    case strategic = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"
}

extension ClusterState {
    /// Changes an object by a patch that says what differs.
    func patch(
        _ key: ObjectKey,
        of resource: Resource,
        _ body: JSONTree,
        _ type: PatchType,
        _ options: WriteOptions
    ) throws(APIError) -> Written {
        if type == .apply { return try apply(key, of: resource, body, options) }
        guard let old = store[key] else { throw .notFound(resource, key.name) }
        let patched: JSONTree
        switch type {
        case .json:
            guard let result = old.patched(by: body.elements) else {
                throw APIError(422, "Invalid", "the server rejected our request due to an error in our request")
            }
            patched = result
        case .strategic where resource.isCustom:
            throw APIError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json,"
                    + " application/merge-patch+json, application/apply-patch+yaml"
            )
        case .strategic:
            patched = Merging.merge(old, body, resource.schema).withoutNulls
        case .merge, .apply: patched = old.merged(with: body)
        }
        var admission = Admission(resource, options.fieldValidation)
        var object = try admission.read(patched)
        try checkPatch(&object, body, old, resource)
        let stored = try replace(old, by: object, resource, admission, options)
        return Written(object: stored, warnings: admission.warnings)
    }

    /// A uid in a patch is a field as others are, and can't be changed: 422. A version is a precondition: 409.
    ///
    /// Source: `applyPatch`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go>, which sets no
    /// precondition, and `ValidateObjectMetaAccessorUpdate`.
    private func checkPatch(
        _ object: inout JSONTree,
        _ body: JSONTree,
        _ old: JSONTree,
        _ resource: Resource
    ) throws(APIError) {
        if let uid = body.metadata.uid.text, uid != old.metadata.uid.text {
            var check = Check()
            check.invalid("metadata.uid", .string(uid), "field is immutable")
            throw .invalid(resource, old.metadata.name.text ?? "", check.faults)
        }
        guard let version = body.metadata.resourceVersion.text else { return }
        object.metadata.resourceVersion = .string(version)
        try checkIdentity(object, old, resource)
        object.metadata["resourceVersion"] = nil
    }

    /// Server-side apply.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.
    private func apply(
        _ key: ObjectKey,
        of resource: Resource,
        _ body: JSONTree,
        _ options: WriteOptions
    ) throws(APIError) -> Written {
        guard !options.manager.isEmpty else {
            throw APIError(
                422,
                "Invalid",
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
            )
        }
        guard body.metadata.managedFields.isNull else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        guard body.metadata.name.isNull || body.metadata.name.text == key.name else {
            throw .badRequest(
                "the name of the object (\(body.metadata.name.text ?? "")) does not match the name on the URL (\(key.name))"
            )
        }
        var body = try placed(body, resource, key.namespace)
        body.metadata.name = .string(key.name)
        var admission = Admission(resource, options.fieldValidation)
        let old = store[key]
        // An applier says what it wants alone: what is required may be another's.
        var wanted = try admission.readPartial(body)
        wanted.metadata["resourceVersion"] = nil
        wanted.metadata["uid"] = nil
        if resource.hasStatus, options.subresource.isEmpty { wanted["status"] = nil }
        if let old {
            try checkPatch(&wanted, body, old, resource)
        } else if let uid = body.metadata.uid.text {
            throw .conflict(
                resource,
                key.name,
                "uid mismatch: the provided object specified uid \(uid), and no existing object was found"
            )
        }
        var ownership = Ownership(resource: resource, managers: Manager.read(old?.metadata.managedFields ?? .null))
        let merged: JSONTree
        do throws(Ownership.Conflict) {
            merged = try ownership.apply(
                wanted,
                to: old,
                by: manager(resource, options, .apply),
                force: options.force
            )
        } catch {
            throw APIError(error)
        }
        let object = try admission.read(merged, checksFields: false)
        guard let old else {
            guard options.subresource.isEmpty else { throw .notFound(resource, key.name) }
            let created = try insert(object, resource, admission, isDryRun: options.isDryRun) { _ in ownership.entries }
            return Written(object: created, isNew: true, warnings: admission.warnings)
        }
        let stored = try replace(old, by: object, resource, admission, options, managedFields: ownership.entries)
        return Written(object: stored, warnings: admission.warnings)
    }
}

extension Admission {
    /// Reads an object of which parts may be missing.
    mutating func readPartial(_ object: JSONTree) throws(APIError) -> JSONTree {
        var reading = Reading(fillsDefaults: false)
        let result = reading.read(object, as: resource.schema, at: "")
        // Types and unknown fields are found where the whole is read; here is what only the applied object shows.
        if !reading.unknown.isEmpty { _ = try read(object) }
        let faults = reading.faults.filter { $0.reason != "FieldValueRequired" }
        guard faults.isEmpty else { throw .invalid(resource, object.metadata.name.text ?? "", faults) }
        guard object.kind.text == resource.kind, object.apiVersion.text == resource.apiVersion else {
            _ = try read(object)
            return result
        }
        return result
    }
}

extension JSONTree {
    /// Without the members that are null.
    var withoutNulls: JSONTree {
        switch self {
        case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}
