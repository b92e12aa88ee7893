/// A TFJob's status, as the operator changes it.
///
/// Source: <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/util/status.go>.
struct TFJobStatus: Equatable {
    var tree: JSONTree

    func isTrue(_ type: String) -> Bool {
        tree.conditions.elements.contains { $0.type.text == type && $0.status == "True" }
    }

    var isFinished: Bool { isTrue("Succeeded") || isTrue("Failed") }

    func condition(_ type: String) -> JSONTree? { tree.conditions.elements.first { $0.type.text == type } }

    /// Sets a condition. Running and restarting take each other's place, an end makes running false, and nothing comes after a failure.
    mutating func set(_ type: String, _ value: String = "True", reason: String, _ message: String) {
        guard !isTrue("Failed") else { return }
        let now = JSONTree.string(ClusterState.timestamp())
        let old = condition(type)
        if let old, old.status.text == value, old.reason.text == reason { return }
        var new: JSONTree = [
            "type": .string(type), "status": .string(value), "reason": .string(reason), "message": .string(message),
            "lastUpdateTime": now, "lastTransitionTime": now,
        ]
        if let old, old.status.text == value { new.lastTransitionTime = old.lastTransitionTime }
        let isEnd = type == "Failed" || type == "Succeeded"
        let rest = tree.conditions.elements.compactMap { condition -> JSONTree? in
            let name = condition.type.text
            if name == type || type == "Restarting" && name == "Running" || type == "Running" && name == "Restarting" {
                return nil
            }
            var condition = condition
            if isEnd, name == "Running" { condition.status = "False" }
            return condition
        }
        tree.conditions = .array(rest + [new])
    }

    mutating func complete() {
        if tree["completionTime"] == nil { tree.completionTime = .string(ClusterState.timestamp()) }
    }

    func count(_ type: String, _ name: String) -> Int { tree.replicaStatuses[type]?[name]?.int ?? 0 }

    /// Counts the pods of a type.
    mutating func count(_ pods: [JSONTree], of type: String) {
        var counts: JSONTree = [:]
        for (phase, name) in [("Running", "active"), ("Succeeded", "succeeded"), ("Failed", "failed")] {
            let count = pods.count { $0.status.phase.text == phase }
            if count > 0 { counts[name] = .integer(count) }
        }
        tree.replicaStatuses[type] = counts
    }
}
