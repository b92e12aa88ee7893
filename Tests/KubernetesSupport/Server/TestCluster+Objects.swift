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

    /// Makes an object by hand, as `kubectl create` does.
    ///
    /// - Returns: whether the server took it.
    @discardableResult
    package func put(_ resource: String, _ object: JSONTree) async -> Bool {
        guard let resource = state.resources[resource] else { return false }
        let namespace = object.metadata.namespace.text ?? ""
        return (try? await state.create(resource, in: namespace, object, WriteOptions(manager: "kubectl-create")))
            != nil
    }

    /// Sets what the administrators forbid from now on.
    package func setPolicies(_ policies: [Policy]) async { await state.setPolicies(policies) }

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

    /// Changes the status of an object, as the cluster's own parts do.
    package func editStatus(
        _ resource: String,
        _ namespace: String,
        _ name: String,
        _ change: @Sendable (inout JSONTree) -> Void
    ) async {
        let key = ObjectKey(resource: resource, namespace: namespace, name: name)
        await state.modify(key, uid: nil, by: "kubelet", change)
    }

    /// Records a warning about an object.
    package func warn(_ reason: String, _ message: String, of object: JSONTree) async {
        await state.record(reason, message, of: object, by: "kubelet")
    }

    /// Preempts a pod for one of higher priority: the scheduler says why, and deletes it.
    ///
    /// Source: `prepareCandidate`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/scheduler/framework/preemption/preemption.go>.
    package func preempt(_ namespace: String, _ pod: String) async {
        await editStatus("pods", namespace, pod) { pod in
            pod.status.conditions = .array(
                pod.status.conditions.elements + [
                    [
                        "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
                        "message": "default-scheduler: preempting to accommodate a higher priority pod",
                    ]
                ]
            )
        }
        await discard("pods", namespace, pod)
    }

    /// Evicts a pod from its node, which runs short of something.
    ///
    /// Source: `evictPod`, <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/kubelet/eviction/eviction_manager.go>.
    package func evict(_ namespace: String, _ pod: String) async {
        guard let object = await object("pods", namespace, pod) else { return }
        kubelet.abandon(object)
        await editStatus("pods", namespace, pod) { pod in
            pod.status.phase = "Failed"
            pod.status.reason = "Evicted"
            pod.status.message = "The node was low on resource: memory."
            pod.status.conditions = .array(
                pod.status.conditions.elements + [
                    [
                        "type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet",
                        "message": "The node was low on resource: memory.",
                    ]
                ]
            )
        }
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

extension TestCluster {
    /// All objects, owners before what they own.
    package func allObjects() async -> [JSONTree] {
        let names = state.resources.keys.sorted { ($0 == "pods" ? 1 : 0, $0) < ($1 == "pods" ? 1 : 0, $1) }
        var objects: [JSONTree] = []
        for name in names { objects += await self.objects(name) }
        return objects
    }

    /// Puts objects that were taken from another stand-in here, with their names, uids and status. Pods are left as they are.
    package func restore(_ objects: [JSONTree]) async {
        objects.forEach(kubelet.adopt)
        await state.restore(objects)
    }

    /// Keeps the objects of a job from going when they are deleted.
    package func hold(_ job: String) async {
        await editAll(of: job) { $0.metadata.finalizers = .array($0.metadata.finalizers.elements + [Self.held]) }
    }

    /// Ends ``hold(_:)``.
    package func letGo(_ job: String) async {
        await editAll(of: job) { object in
            object.metadata.finalizers = .array(object.metadata.finalizers.elements.filter { $0 != Self.held })
        }
    }

    private static let held: JSONTree = "test/held"

    private func editAll(of job: String, _ change: @Sendable (inout JSONTree) -> Void) async {
        for name in ["tfjobs.kubeflow.org", "jobs.batch", "services"] where state.resources[name] != nil {
            for object in await objects(name) where object.metadata.labels.texts["tfjob-admin/id"] == job {
                await edit(name, object.metadata.namespace.text ?? "", object.metadata.name.text ?? "", change)
            }
        }
    }
}

extension ClusterState {
    /// All at once: a controller that saw a Job without its pods would make others.
    func restore(_ objects: [JSONTree]) {
        for object in objects {
            guard let resource = resources.values.first(where: { $0.kind == object.kind.text }) else { continue }
            put(object, at: object.key(in: resource))
        }
    }

    /// Controllers try again at once what they could not make.
    func setPolicies(_ policies: [Policy]) {
        self.policies = policies
        for name in ["jobs.batch", "tfjobs.kubeflow.org"] {
            for object in objects(name, in: nil) {
                guard let resource = resources[name] else { continue }
                put(object, at: object.key(in: resource))
            }
        }
    }

    func objects(_ resource: String, in namespace: String?) -> [JSONTree] {
        store.keys(of: resource, in: namespace).compactMap { store[$0] }
    }
}
