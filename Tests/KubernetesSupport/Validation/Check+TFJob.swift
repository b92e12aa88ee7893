extension Check {
    /// What the operator's webhook refuses, and the one rule of the definition that is not a type.
    ///
    /// A pod template is not looked into further: what its pods can't be is found out when they are made. Source:
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/webhooks/tensorflow/tfjob_webhook.go>,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/common/util/webhooks.go>.
    mutating func tfJob(_ job: JSONTree, replacing old: JSONTree?) {
        if let fault = Names.faultOfDNS1035Label(job.metadata.name.text ?? "") {
            invalid("metadata.name", job.metadata.name, "should match: \(fault)")
        }
        let supported = ["kubeflow.org/training-operator", "kueue.x-k8s.io/multikueue"]
        let policy = job.spec.runPolicy
        if let manager = policy.managedBy.text, !supported.contains(manager) {
            unsupported("spec.runPolicy.managedBy", policy.managedBy, supported)
        }
        if let old {
            immutable("spec.runPolicy.managedBy", old.spec.runPolicy.managedBy, policy.managedBy)
            let queue = policy.schedulingPolicy.queue
            let oldQueue = old.spec.runPolicy.schedulingPolicy.queue
            if !queue.isNull, !oldQueue.isNull, queue != oldQueue {
                invalid(
                    "spec.runPolicy.schedulingPolicy.queue",
                    queue,
                    "spec.runPolicy.schedulingPolicy.queue is immutable"
                )
            }
        }
        replicaSpecs(job.spec.tfReplicaSpecs)
    }

    private mutating func replicaSpecs(_ specs: JSONTree) {
        for (type, spec) in specs.members.sorted(by: { $0.key < $1.key }) {
            let field = "spec.tfReplicaSpecs[\(type)].template.spec.containers"
            let containers = spec.template.spec.containers.elements
            if containers.isEmpty { required(field, "must be specified") }
            for (index, container) in containers.enumerated() where (container.image.text ?? "").isEmpty {
                required("\(field)[\(index)].image", "must be required")
            }
            if !containers.contains(where: { $0.name == "tensorflow" }) {
                required(field, "must have at least one container with name tensorflow")
            }
        }
        if specs.Chief != .null, specs.Master != .null {
            forbidden("spec.tfReplicaSpecs", "must not have more than 1 Chief or Master role")
        }
    }
}
