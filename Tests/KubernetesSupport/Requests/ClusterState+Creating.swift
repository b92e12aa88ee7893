/// What a write leads to.
struct Written: Sendable {
    let object: JSONTree
    /// Whether the object is new: 201 instead of 200.
    var isNew = false
    /// For the header `Warning`.
    var warnings: [String] = []
}

extension ClusterState {
    /// Makes an object.
    func create(
        _ resource: Resource,
        in namespace: String,
        _ body: JSONTree,
        _ options: WriteOptions
    ) throws(APIError) -> Written {
        var admission = Admission(resource, options.fieldValidation)
        var object = try admission.read(try placed(body, resource, namespace))
        if object.metadata.name.text?.isEmpty ?? true, let prefix = object.metadata.generateName.text {
            object.metadata.name = .string(String(prefix.prefix(58)) + Names.suffix())
        }
        let created = try insert(object, resource, admission, isDryRun: options.isDryRun) { object in
            var ownership = Ownership(resource: resource, managers: [])
            ownership.update(from: nil, to: object, by: manager(resource, options, .update))
            return ownership.entries
        }
        return Written(object: created, isNew: true, warnings: admission.warnings)
    }

    /// An object with the namespace of the path.
    func placed(_ body: JSONTree, _ resource: Resource, _ namespace: String) throws(APIError) -> JSONTree {
        var object = body
        guard resource.isNamespaced else {
            object.metadata["namespace"] = nil
            return object
        }
        if let own = body.metadata.namespace.text, !own.isEmpty, own != namespace {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        }
        object.metadata.namespace = .string(namespace)
        return object
    }

    /// Who writes, as an entry of `managedFields`.
    func manager(_ resource: Resource, _ options: WriteOptions, _ operation: Manager.Operation) -> Manager {
        Manager(
            name: options.manager,
            operation: operation,
            apiVersion: resource.apiVersion,
            subresource: options.subresource,
            fields: [],
            time: Self.timestamp()
        )
    }

    /// Gives a new object its identity, checks it and stores it.
    ///
    /// - Parameter managedFields: makes the entries of the object's managers, before defaults are filled in that depend on its identity.
    func insert(
        _ read: JSONTree,
        _ resource: Resource,
        _ admission: Admission,
        isDryRun: Bool,
        managedFields: (JSONTree) -> JSONTree
    ) throws(APIError) -> JSONTree {
        var object = read
        let name = object.metadata.name.text ?? ""
        if resource.isNamespaced { try checkNamespace(object.metadata.namespace.text ?? "", resource, name) }
        for field in [
            "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields",
        ] {
            object.metadata[field] = nil
        }
        if resource.hasStatus { object["status"] = nil }
        Defaults.fill(&object, resource)
        let managers = managedFields(object)
        object.metadata.uid = .string(Self.newUID())
        object.metadata.creationTimestamp = .string(Self.timestamp())
        switch resource.qualifiedName {
        case "jobs.batch":
            object.metadata.generation = 1
            Defaults.fillSelector(&object)
            object.status = [:]
        case "tfjobs.kubeflow.org": object.metadata.generation = 1
        case "pods": object.status = ["phase": "Pending", "qosClass": "BestEffort"]
        case "services": object.status = ["loadBalancer": [:]]
        case "namespaces":
            object.metadata.labels["kubernetes.io/metadata.name"] = .string(name)
            object.spec = ["finalizers": ["kubernetes"]]
            object.status = ["phase": "Active"]
        default: break
        }
        try admission.validate(object, replacing: nil)
        try checkPolicies(object, resource)
        let key = object.key(in: resource)
        guard store[key] == nil else { throw .alreadyExists(resource, name) }
        object.metadata.managedFields = managers
        return isDryRun ? object : put(object, at: key)
    }

    /// Nothing is made in a namespace that is not there or is on its way out.
    ///
    /// Source: <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go>.
    private func checkNamespace(_ namespace: String, _ resource: Resource, _ name: String) throws(APIError) {
        guard let object = store[ObjectKey(resource: "namespaces", namespace: "", name: namespace)] else {
            throw .notFound(.namespaces, namespace)
        }
        guard object.metadata.deletionTimestamp.isNull else {
            let why =
                "unable to create new content in namespace \(namespace) because it is being terminated"
            var error = APIError.forbidden(resource, name, why)
            error.details?.causes = [
                [
                    "reason": "NamespaceTerminating",
                    "message": .string("namespace \(namespace) is being terminated"), "field": "metadata.namespace",
                ]
            ]
            throw error
        }
    }
}
