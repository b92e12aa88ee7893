import Jobs
import KubernetesClient

extension RunMapping {
    /// A TFJob. It sets every field that has a default, because the operator's defaults differ from ours.
    ///
    /// Source: <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/tensorflow_types.go>.
    func tfJob() throws -> RunManifests {
        var groups: [String: JSONValue] = [:]
        for group in job.replicas where group.count > 0 {
            groups[group.type.specName] = [
                "replicas": .integer(group.count),
                "restartPolicy": .string(restartPolicy(of: group).rawValue),
                "template": try template(group, index: .operatorLabel),
            ]
        }
        let spec: JSONValue = [
            "runPolicy": try tfRunPolicy(),
            "successPolicy": .string(job.effectiveSuccessPolicy.rawValue),
            "tfReplicaSpecs": .object(groups),
        ]
        var labels = self.labels
        if let queue = settings.queue, queue.manager == .kueue {
            labels["kueue.x-k8s.io/queue-name"] = try queueName(queue)
        }
        var anchor = Manifest(
            reference(.tfJobs, ObjectName.of(id.key.id)),
            labels: labels,
            annotations: try annotations([spec]),
            spec: spec
        )
        if runPolicy.ttlSecondsAfterFinished != nil {
            anchor.body = anchor.body.merging(["metadata": ["finalizers": [.string(Marks.finalizer)]]])
        }
        return RunManifests(anchor: anchor)
    }

    /// The operator can only restart single replicas. If all restart together, it restarts none, and the backend replaces the TFJob.
    ///
    /// Source: `ReconcilePods`,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/common/pod.go>.
    private func restartPolicy(of group: ReplicaGroup) -> RestartPolicy {
        rules.restartsTogether ? .never : group.effectiveRestartPolicy
    }

    /// `suspend` is left to queues, because the backend stops a run in place of suspending it.
    private func tfRunPolicy() throws -> JSONValue {
        var policy: [String: JSONValue] = [
            "cleanPodPolicy": .string(runPolicy.effectiveCleanPodPolicy.rawValue),
            "backoffLimit": .integer(runPolicy.effectiveBackoffLimit),
        ]
        policy["activeDeadlineSeconds"] = deadline.map { .integer($0) }
        policy["ttlSecondsAfterFinished"] = runPolicy.ttlSecondsAfterFinished.map { .integer($0) }
        if let queue = settings.queue, queue.manager == .volcano {
            var scheduling: [String: JSONValue] = [
                "queue": .string(try queueName(queue)), "minAvailable": .integer(job.replicaCount),
            ]
            scheduling["priorityClass"] = queue.priorityClass.map { .string($0) }
            policy["schedulingPolicy"] = .object(scheduling)
        }
        return .object(policy)
    }
}

extension ReplicaType {
    /// The type's name in a TFJob.
    var specName: String {
        switch self {
        case .chief: "Chief"
        case .master: "Master"
        case .worker: "Worker"
        case .ps: "PS"
        case .evaluator: "Evaluator"
        }
    }
}
