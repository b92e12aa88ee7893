/// A TFJob's spec, with the operator's defaults filled in.
///
/// Source: <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/tensorflow_defaults.go>.
struct TFJobSpec {
    struct Replica {
        /// `Worker`, say.
        let type: String
        let count: Int
        let restartPolicy: String
        let template: JSONTree

        /// As names and labels have it.
        var name: String { type.lowercased() }
    }

    let job: JSONTree
    let replicas: [Replica]
    let cleanPodPolicy: String
    let backoffLimit: Int?
    let deadline: Int?
    let timeToLive: Int?
    let isSuspended: Bool
    let wantsAllWorkers: Bool

    init(_ job: JSONTree) {
        self.job = job
        let types = ["Chief", "Evaluator", "Master", "PS", "Worker"]
        replicas = job.spec.tfReplicaSpecs.members.sorted { $0.key < $1.key }.map { key, spec in
            Replica(
                type: types.first { $0.lowercased() == key.lowercased() } ?? key,
                count: spec.replicas.int ?? 1,
                restartPolicy: spec.restartPolicy.text ?? "Never",
                template: spec.template
            )
        }
        let policy = job.spec.runPolicy
        cleanPodPolicy = policy.cleanPodPolicy.text ?? "None"
        backoffLimit = policy.backoffLimit.int
        deadline = policy.activeDeadlineSeconds.int
        timeToLive = policy.ttlSecondsAfterFinished.int
        isSuspended = policy.suspend.isTrue
        wantsAllWorkers = job.spec.successPolicy == "AllWorkers"
    }

    var hasChief: Bool { replicas.contains { $0.type == "Chief" || $0.type == "Master" } }

    var name: String { job.metadata.name.text ?? "" }

    func labels(_ replica: Replica, _ index: Int) -> JSONTree {
        [
            "training.kubeflow.org/operator-name": "tfjob-controller",
            "training.kubeflow.org/job-name": .string(name),
            "training.kubeflow.org/replica-type": .string(replica.name),
            "training.kubeflow.org/replica-index": .string(String(index)),
        ]
    }

    /// The pod of a replica.
    func pod(_ replica: Replica, _ index: Int) -> JSONTree {
        var pod = replica.template
        pod.apiVersion = "v1"
        pod.kind = "Pod"
        pod.metadata.name = .string("\(name)-\(replica.name)-\(index)")
        for (label, value) in labels(replica, index).members { pod.metadata.labels[label] = value }
        let decides =
            hasChief ? replica.type == "Chief" || replica.type == "Master" : replica.type == "Worker" && index == 0
        if decides { pod.metadata.labels["training.kubeflow.org/job-role"] = "master" }
        // A pod can't have the policy by exit codes: the operator makes the pod anew.
        pod.spec.restartPolicy = .string(replica.restartPolicy == "ExitCode" ? "Never" : replica.restartPolicy)
        pod.spec.containers = .array(
            pod.spec.containers.elements.map { container in
                guard container.name == "tensorflow", replicas.reduce(0, { $0 + $1.count }) > 1 else {
                    return container
                }
                var container = container
                let variable: JSONTree = ["name": "TF_CONFIG", "value": .string(configuration(replica, index))]
                container.env = .array(container.env.elements + [variable])
                return container
            }
        )
        return pod
    }

    /// Source: `genTFConfigJSONStr`,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/tensorflow/tensorflow.go>.
    private func configuration(_ replica: Replica, _ index: Int) -> String {
        var cluster: JSONTree = [:]
        for other in replicas {
            cluster[other.name] = .array(
                (0..<other.count).map {
                    .string("\(name)-\(other.name)-\($0).\(job.metadata.namespace.text ?? "").svc:2222")
                }
            )
        }
        let task: JSONTree = ["type": .string(replica.name), "index": .integer(index)]
        let all: JSONTree = ["cluster": cluster, "task": task, "environment": "cloud"]
        return all.json
    }

    func service(_ replica: Replica, _ index: Int) -> JSONTree {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": .string("\(name)-\(replica.name)-\(index)"), "labels": labels(replica, index),
            ],
            "spec": [
                "clusterIP": "None", "selector": labels(replica, index),
                "ports": [["name": "tfjob-port", "port": 2222]],
            ],
        ]
    }
}
