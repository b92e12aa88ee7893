/// A Job's spec, as its controller reads it.
struct JobSpec {
    let job: JSONTree

    var isIndexed: Bool { job.spec.completionMode == "Indexed" }

    /// Nil: any pod that succeeds is enough.
    var completions: Int? { job.spec.completions.int }

    var parallelism: Int { job.spec.parallelism.int ?? 1 }

    var backoffLimit: Int { job.spec.backoffLimit.int ?? 6 }

    /// Whether a pod that is being deleted holds its place until it has ended.
    var replacesOnlyFailed: Bool { job.spec.podReplacementPolicy == "Failed" }

    var name: String { job.metadata.name.text ?? "" }

    /// A pod of the job.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode>: the index is a label, an annotation, the
    /// variable `JOB_COMPLETION_INDEX` and part of the host name. The finalizer holds the pod until it is counted.
    func pod(_ index: Int?) -> JSONTree {
        var pod: JSONTree = ["apiVersion": "v1", "kind": "Pod", "spec": job.spec.template.spec]
        pod.metadata = job.spec.template["metadata"] ?? [:]
        pod.metadata["name"] = nil
        pod.metadata.finalizers = ["batch.kubernetes.io/job-tracking"]
        guard let index else {
            pod.metadata.generateName = .string("\(name)-")
            return pod
        }
        let text = String(index)
        pod.metadata.generateName = .string("\(name)-\(index)-")
        pod.metadata.annotations["batch.kubernetes.io/job-completion-index"] = .string(text)
        pod.metadata.labels["batch.kubernetes.io/job-completion-index"] = .string(text)
        pod.spec.hostname = .string("\(name)-\(index)")
        for list in ["containers", "initContainers"] where pod.spec[list] != nil {
            pod.spec[list] = .array(
                (pod.spec[list] ?? .null).elements.map { container in
                    var container = container
                    let field: JSONTree = [
                        "fieldRef": [
                            "apiVersion": "v1",
                            "fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']",
                        ]
                    ]
                    container.env = .array(
                        container.env.elements + [["name": "JOB_COMPLETION_INDEX", "valueFrom": field]]
                    )
                    return container
                }
            )
        }
        return pod
    }

    /// What the failure policy says of a pod that failed; nil: it counts.
    ///
    /// Source: `matchPodFailurePolicy` and `matchOnExitCodes`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/controller/job/pod_failure_policy.go>.
    func failureRule(for pod: JSONTree) -> (index: Int, action: String, message: String)? {
        for (index, rule) in job.spec.podFailurePolicy.rules.elements.enumerated() {
            let isDisrupted = rule.onPodConditions.elements.contains { pattern in
                pod.status.conditions.elements.contains { $0.type == pattern.type && $0.status == pattern.status }
            }
            if isDisrupted {
                return (index, rule.action.text ?? "Count", "Pod matches a condition of rule \(index)")
            }
            let codes = rule.onExitCodes
            guard !codes.isNull else { continue }
            let values = Set(codes.values.elements.compactMap(\.int))
            let statuses = pod.status.containerStatuses.elements + pod.status.initContainerStatuses.elements
            let hit = statuses.first { status in
                guard codes.containerName.isNull || codes.containerName == status.name,
                    let code = status.state.terminated.exitCode.int, code != 0
                else { return false }
                return (codes.operator == "In") == values.contains(code)
            }
            guard let hit else { continue }
            let place = "\(pod.metadata.namespace.text ?? "")/\(pod.metadata.name.text ?? "")"
            let code = hit.state.terminated.exitCode.int ?? 0
            return (
                index, rule.action.text ?? "Count",
                "Container \(hit.name.text ?? "") for pod \(place) failed with exit code \(code) matching"
                    + " \(rule.action.text ?? "") rule at index \(index)"
            )
        }
        return nil
    }

    /// Whether the indexes that succeeded are enough by the success policy.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy>.
    func isEnough(_ succeeded: Set<Int>) -> Int? {
        for (place, rule) in job.spec.successPolicy.rules.elements.enumerated() {
            let wanted = rule.succeededIndexes.text.map(Self.indexes)
            let hits = wanted.map(succeeded.intersection) ?? succeeded
            if hits.count >= rule.succeededCount.int ?? wanted?.count ?? Int.max { return place }
        }
        return nil
    }

    /// Reads `0-2,5`.
    static func indexes(_ text: String) -> Set<Int> {
        var all: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            if let first = ends.first, let last = ends.last, first <= last { all.formUnion(first...last) }
        }
        return all
    }

    /// Writes `0-2,5`. Two in a row are a range of two.
    static func text(_ indexes: Set<Int>) -> String {
        var ranges: [ClosedRange<Int>] = []
        for index in indexes.sorted() {
            if let last = ranges.last, last.upperBound + 1 == index {
                ranges[ranges.count - 1] = last.lowerBound...index
            } else {
                ranges.append(index...index)
            }
        }
        return ranges.map { range in
            let separator = range.count == 2 ? "," : "-"
            return range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)\(separator)\(range.upperBound)"
        }.joined(separator: ",")
    }
}
