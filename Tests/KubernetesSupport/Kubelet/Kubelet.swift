import Synchronization

/// Stands for the scheduler and the machines: gives pods a node, runs them as a test says, and reports how they do.
///
/// Source, for the states: <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/>.
package final class Kubelet: Sendable {
    /// A container that was started and has not ended.
    struct Container: Sendable {
        let log: PodLog
        var command: PodCommand?
        /// Ends one that waits to be told.
        var finish: AsyncStream<Int>.Continuation?
    }

    struct Values {
        /// By pod uid.
        var containers: [String: Container] = [:]
        /// By pod uid and container name; kept as long as the pod.
        var logs: [String: PodLog] = [:]
        var known: Set<String> = []
        var starts: [PodStart] = []
    }

    /// A container that was started.
    package struct PodStart: Sendable, Equatable {
        package let namespace: String
        package let pod: String
        package let labels: [String: String]
        package let annotations: [String: String]
    }

    let state: ClusterState
    let settings: ClusterSettings
    let behaviour: @Sendable (PodDescription) -> PodBehaviour
    let values = Mutex(Values())

    init(
        _ state: ClusterState,
        _ settings: ClusterSettings,
        behaviour: @escaping @Sendable (PodDescription) -> PodBehaviour
    ) {
        self.state = state
        self.settings = settings
        self.behaviour = behaviour
    }

    /// All starts of main containers so far, in order; one that was started again counts again.
    package var starts: [PodStart] { values.withLock(\.starts) }

    /// Ends a pod that waits for it.
    package func finish(_ pod: JSONTree, code: Int) {
        let container = values.withLock { $0.containers[pod.metadata.uid.text ?? ""] }
        container?.finish?.yield(code)
        container?.finish?.finish()
    }

    /// Takes a pod as it is: it was started elsewhere.
    func adopt(_ pod: JSONTree) {
        _ = values.withLock { $0.known.insert(pod.metadata.uid.text ?? "") }
    }

    /// Prints a line for a pod.
    package func print(_ line: String, of pod: JSONTree) {
        values.withLock { $0.containers[pod.metadata.uid.text ?? ""] }?.log.append(line)
    }

    /// The log of a container; nil where it was never started.
    func log(of pod: JSONTree, container: String) -> PodLog? {
        values.withLock { $0.logs["\(pod.metadata.uid.text ?? "")/\(container)"] }
    }

    /// Runs pods until it is cancelled or the cluster stops.
    func run(_ changes: AsyncStream<ObjectStore.Change>) async {
        await withDiscardingTaskGroup { group in
            for await change in changes where change.key.resource == "pods" {
                guard let pod = change.new else {
                    forget(change.old ?? .null)
                    continue
                }
                let uid = pod.metadata.uid.text ?? ""
                if !pod.metadata.deletionTimestamp.isNull {
                    if pod.metadata.deletionGracePeriodSeconds != 0 {
                        group.addTask { await self.end(pod) }
                    }
                } else if values.withLock({ $0.known.insert(uid).inserted }) {
                    group.addTask { await self.start(pod) }
                }
            }
            values.withLock { values in
                for container in values.containers.values {
                    container.command?.stop()
                    container.finish?.finish()
                    container.log.end()
                }
            }
            group.cancelAll()
        }
    }

    /// Ends the containers of a pod without a word of theirs.
    func abandon(_ pod: JSONTree) {
        let container = values.withLock { $0.containers.removeValue(forKey: pod.metadata.uid.text ?? "") }
        container?.command?.stop()
        container?.finish?.finish()
        container?.log.end()
    }

    /// A pod that is gone leaves no process and no log.
    private func forget(_ pod: JSONTree) {
        let uid = pod.metadata.uid.text ?? ""
        let container = values.withLock { values in
            for name in values.logs.keys where name.hasPrefix("\(uid)/") { values.logs[name] = nil }
            return values.containers.removeValue(forKey: uid)
        }
        container?.command?.stop()
        container?.finish?.finish()
        container?.log.end()
    }

    /// Ends a pod that is deleted: its containers are ended, and then the object goes.
    ///
    /// Before it goes, the pod is seen as failed or succeeded with a deletion timestamp, as since Kubernetes 1.27. Source:
    /// <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow>.
    private func end(_ pod: JSONTree) async {
        let uid = pod.metadata.uid.text ?? ""
        let container = values.withLock { $0.containers.removeValue(forKey: uid) }
        container?.command?.stop()
        container?.finish?.finish()
        container?.log.end()
        if container != nil {
            await state.modify(pod.key(in: .pods), uid: uid, by: "kubelet") { pod in
                PodState.terminate(&pod, code: 137, isFinal: true)
            }
        }
        var options = DeleteOptions()
        options.uid = uid
        options.gracePeriod = 0
        _ = try? await state.delete(pod.key(in: .pods), of: .pods, options)
    }
}
