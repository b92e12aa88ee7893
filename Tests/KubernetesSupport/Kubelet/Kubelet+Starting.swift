import Synchronization

extension Kubelet {
    /// Brings a pod from pending to its end, or to where it stays.
    func start(_ pod: JSONTree) async {
        let key = pod.key(in: .pods)
        let uid = pod.metadata.uid.text ?? ""
        var attempt = 0
        while !Task.isCancelled {
            let behaviour = behaviour(PodDescription(pod, attempt: attempt))
            switch behaviour {
            case .unschedulable(let message):
                await state.modify(key, uid: uid, by: "kube-scheduler") { PodState.refuse(&$0, message) }
                return
            case .hangs:
                await bind(key, uid)
                return
            case .cannotPull(let message):
                await bind(key, uid)
                await state.modify(key, uid: uid, by: "kubelet") {
                    PodState.wait(&$0, "ErrImagePull", message)
                }
                await state.modify(key, uid: uid, by: "kubelet") { pod in
                    let image = pod.spec.containers[0].image.text ?? ""
                    PodState.wait(&pod, "ImagePullBackOff", "Back-off pulling image \"\(image)\": \(message)")
                }
                return
            default: break
            }
            if attempt == 0 { await bind(key, uid) }
            guard await initialize(pod, behaviour) else { return }
            guard let code = await runContainers(pod, behaviour) else { return }
            guard await restarts(pod, code) else { return }
            attempt += 1
            // The back-off before a container is started again, ten seconds and more on a real machine.
            try? await Task.sleep(for: settings.restartDelay)
        }
    }

    /// Gives a pod a node.
    private func bind(_ key: ObjectKey, _ uid: String) async {
        await state.modify(key, uid: uid, by: "kube-scheduler", status: false) { $0.spec.nodeName = "node-1" }
        await state.modify(key, uid: uid, by: "kubelet") { PodState.bind(&$0) }
    }

    /// Runs the init containers.
    ///
    /// - Returns: whether the others may start.
    private func initialize(_ pod: JSONTree, _ behaviour: PodBehaviour) async -> Bool {
        let names = pod.spec.initContainers.elements.compactMap(\.name.text)
        guard !names.isEmpty else { return true }
        var code = 0
        var output: [String] = []
        if case .initFails(let failure, let lines) = behaviour { (code, output) = (failure, lines) }
        for name in names {
            let log = newLog(pod, name)
            for line in output { log.append(line) }
            log.end()
        }
        await state.modify(pod.key(in: .pods), uid: pod.metadata.uid.text ?? "", by: "kubelet") { [code] pod in
            PodState.initialize(&pod, code: code)
        }
        return code == 0
    }

    private func newLog(_ pod: JSONTree, _ container: String) -> PodLog {
        let log = PodLog()
        values.withLock { $0.logs["\(pod.metadata.uid.text ?? "")/\(container)"] = log }
        return log
    }

    /// Runs the containers once.
    ///
    /// - Returns: the first container's exit code; nil where the pod was deleted before.
    private func runContainers(_ pod: JSONTree, _ behaviour: PodBehaviour) async -> Int? {
        let key = pod.key(in: .pods)
        let uid = pod.metadata.uid.text ?? ""
        let log = newLog(pod, pod.spec.containers[0].name.text ?? "")
        var container = Container(log: log)
        let (ends, finish) = AsyncStream<Int>.makeStream()
        switch behaviour {
        case .runsCommand: container.command = PodCommand(PodDescription(pod, attempt: 0), log: log)
        case .runs, .runsUntilFinished: container.finish = finish
        default: break
        }
        values.withLock { [container] in $0.containers[uid] = container }
        guard await state.modify(key, uid: uid, by: "kubelet", { PodState.run(&$0) }) else {
            values.withLock { $0.containers[uid] = nil }
            return nil
        }
        values.withLock { values in
            values.starts.append(
                PodStart(
                    namespace: key.namespace,
                    pod: key.name,
                    labels: pod.metadata.labels.texts,
                    annotations: pod.metadata.annotations.texts
                )
            )
        }
        let code: Int?
        switch behaviour {
        case .exits(let result, let output):
            for line in output { log.append(line) }
            code = result
        case .runsCommand: code = await container.command?.run()
        default: code = await ends.first { _ in true }
        }
        guard let code, values.withLock({ $0.containers.removeValue(forKey: uid) }) != nil else { return nil }
        log.end()
        return code
    }

    /// Notes the end of the containers.
    ///
    /// - Returns: whether they are started again, by the pod's restart policy.
    private func restarts(_ pod: JSONTree, _ code: Int) async -> Bool {
        let policy = pod.spec.restartPolicy.text ?? "Always"
        let again = policy == "Always" || policy == "OnFailure" && code != 0
        let isThere = await state.modify(pod.key(in: .pods), uid: pod.metadata.uid.text ?? "", by: "kubelet") { pod in
            PodState.terminate(&pod, code: code, isFinal: !again)
        }
        return again && isThere
    }
}
