/// The states of a pod, as its status shows them.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/>.
enum PodState {
    private static func condition(_ type: String, _ status: String, _ reason: String = "", _ message: String = "")
        -> JSONTree
    {
        var condition: JSONTree = [
            "type": .string(type), "status": .string(status), "lastProbeTime": .null,
            "lastTransitionTime": .string(ClusterState.timestamp()),
        ]
        if !reason.isEmpty { condition.reason = .string(reason) }
        if !message.isEmpty { condition.message = .string(message) }
        return condition
    }

    private static func set(_ pod: inout JSONTree, _ new: JSONTree) {
        var conditions = pod.status.conditions.elements.filter { $0.type != new.type }
        let old = pod.status.conditions.elements.first { $0.type == new.type }
        var new = new
        if let old, old.status == new.status { new.lastTransitionTime = old.lastTransitionTime }
        conditions.append(new)
        pod.status.conditions = .array(conditions)
    }

    /// No machine has room.
    static func refuse(_ pod: inout JSONTree, _ message: String) {
        set(&pod, condition("PodScheduled", "False", "Unschedulable", message))
    }

    /// A machine has it and makes it ready.
    static func bind(_ pod: inout JSONTree) {
        set(&pod, condition("PodScheduled", "True"))
        set(&pod, condition("Initialized", pod.spec.initContainers.elements.isEmpty ? "True" : "False"))
        set(&pod, condition("Ready", "False", "ContainersNotReady", "containers with unready status"))
        pod.status.startTime = .string(ClusterState.timestamp())
        pod.status.hostIP = "192.0.2.1"
        wait(&pod, "ContainerCreating", nil)
        if !pod.spec.initContainers.elements.isEmpty {
            pod.status.initContainerStatuses = statuses(of: pod.spec.initContainers, in: .null) { _ in
                ["waiting": ["reason": "PodInitializing"]]
            }
        }
    }

    /// The containers wait for something.
    static func wait(_ pod: inout JSONTree, _ reason: String, _ message: String?) {
        var waiting: JSONTree = ["reason": .string(reason)]
        if let message { waiting.message = .string(message) }
        pod.status.containerStatuses = statuses(of: pod.spec.containers, in: pod.status.containerStatuses) { _ in
            ["waiting": waiting]
        }
    }

    /// The init containers have ended.
    static func initialize(_ pod: inout JSONTree, code: Int) {
        let now = ClusterState.timestamp()
        pod.status.initContainerStatuses = statuses(
            of: pod.spec.initContainers,
            in: pod.status.initContainerStatuses
        ) { _ in ["terminated": ended(code, since: now)] }
        if code == 0 {
            set(&pod, condition("Initialized", "True"))
        } else {
            pod.status.phase = "Failed"
        }
    }

    /// The containers run.
    static func run(_ pod: inout JSONTree) {
        guard pod.metadata.deletionTimestamp.isNull else { return }
        let now = ClusterState.timestamp()
        pod.status.phase = "Running"
        pod.status.podIP = "10.0.0.1"
        pod.status.containerStatuses = statuses(of: pod.spec.containers, in: pod.status.containerStatuses) { old in
            ["running": ["startedAt": .string(now)]]
        }
        set(&pod, condition("Ready", "True"))
        set(&pod, condition("ContainersReady", "True"))
    }

    /// The containers have ended.
    ///
    /// - Parameter isFinal: whether the pod has ended with them; else they are started again.
    static func terminate(_ pod: inout JSONTree, code: Int, isFinal: Bool) {
        pod.status.containerStatuses = .array(
            pod.status.containerStatuses.elements.map { status in
                var status = status
                let end: JSONTree = [
                    "terminated": ended(code, since: status.state.running.startedAt.text ?? ClusterState.timestamp())
                ]
                status.ready = false
                status.started = false
                if isFinal {
                    status.state = end
                } else {
                    status.lastState = end
                    status.restartCount = .integer((status.restartCount.int ?? 0) + 1)
                    let name = status.name.text ?? ""
                    status.state = [
                        "waiting": [
                            "reason": "CrashLoopBackOff",
                            "message": .string("back-off 10s restarting failed container=\(name)"),
                        ]
                    ]
                }
                return status
            }
        )
        if isFinal { pod.status.phase = code == 0 ? "Succeeded" : "Failed" }
        let reason = isFinal && code == 0 ? "PodCompleted" : "ContainersNotReady"
        set(&pod, condition("Ready", "False", reason))
        set(&pod, condition("ContainersReady", "False", reason))
    }

    private static func ended(_ code: Int, since start: String) -> JSONTree {
        [
            "exitCode": .integer(code), "reason": code == 0 ? "Completed" : "Error", "startedAt": .string(start),
            "finishedAt": .string(ClusterState.timestamp()), "containerID": "containerd://stand-in",
        ]
    }

    private static func statuses(
        of containers: JSONTree,
        in old: JSONTree,
        state: (JSONTree) -> JSONTree
    ) -> JSONTree {
        .array(
            containers.elements.map { container in
                let before = old.elements.first { $0.name == container.name } ?? .null
                let state = state(before)
                let isRunning = !state.running.isNull
                return [
                    "name": container.name, "image": container.image, "imageID": "",
                    "restartCount": before["restartCount"] ?? 0, "lastState": before["lastState"] ?? [:],
                    "ready": .bool(isRunning), "started": .bool(isRunning), "state": state,
                ]
            }
        )
    }
}
