extension TestCluster {
    /// The objects of a resource, in order; what a test looks at beside the API.
    ///
    /// - Parameter resource: `pods`, `tfjobs.kubeflow.org`, `jobs.batch`.
    package func objects(_ resource: String, in namespace: String? = nil) async -> [JSONTree] {
        await state.objects(resource, in: namespace)
    }

    /// One object; nil where it is not there.
    package func object(_ resource: String, _ namespace: String, _ name: String) async -> JSONTree? {
        await state.store[ObjectKey(resource: resource, namespace: namespace, name: name)]
    }

    /// The newest revision: it stands still where nothing is written.
    package var revision: Int {
        get async { await state.store.revision }
    }

    /// Makes a namespace.
    package func makeNamespace(_ name: String) async throws {
        let object: JSONTree = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
        _ = try await state.create(.namespaces, in: "", object, WriteOptions(manager: "test"))
    }

    /// Changes an object by hand, as `kubectl edit` does.
    package func edit(
        _ resource: String,
        _ namespace: String,
        _ name: String,
        by manager: String = "kubectl-edit",
        _ change: @Sendable (inout JSONTree) -> Void
    ) async {
        let key = ObjectKey(resource: resource, namespace: namespace, name: name)
        await state.modify(key, uid: nil, by: manager, status: false, change)
    }

    /// Deletes an object by hand, with its dependents behind it.
    package func discard(_ resource: String, _ namespace: String, _ name: String) async {
        await state.discard(ObjectKey(resource: resource, namespace: namespace, name: name))
    }

    /// Forgets the history: a watch or a page that wants it gets 410.
    package func forgetHistory() async { await state.compact() }

    /// Ends all open watches.
    package func endWatches() async { await state.endWatches() }

    /// How many watches are open.
    package var watchCount: Int {
        get async { await state.watchCount }
    }
}

extension ClusterState {
    func objects(_ resource: String, in namespace: String?) -> [JSONTree] {
        store.keys(of: resource, in: namespace).compactMap { store[$0] }
    }
}
