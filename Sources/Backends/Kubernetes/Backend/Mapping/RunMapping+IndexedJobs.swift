import Jobs
import KubernetesClient

extension RunMapping {
    /// A headless Service that represents the run, and an Indexed Job for each replica group that the Service owns.
    ///
    /// Source: <https://kubernetes.io/docs/tasks/job/job-with-pod-to-pod-communication/>.
    func indexedJobs() throws -> RunManifests {
        let name = ObjectName.of(id.key.id)
        let groups = job.replicas.filter { $0.count > 0 }
        let specs = try groups.map { try spec(of: $0) }
        let service = Self.service(labels)
        let anchor = Manifest(
            reference(.services, name),
            labels: labels,
            annotations: try annotations([service] + specs),
            spec: service
        )
        var queueLabels: [String: String] = [:]
        if let queue = settings.queue, queue.manager == .kueue {
            queueLabels["kueue.x-k8s.io/queue-name"] = try queueName(queue)
        }
        let children = zip(groups, specs).map { group, spec in
            Manifest(
                reference(.jobs, ObjectName.job(id.key.id, group.type)),
                labels: labels(of: group.type).merging(queueLabels) { $1 },
                spec: spec
            )
        }
        return RunManifests(anchor: anchor, children: children)
    }

    /// The Service through which the pods with these labels find each other. It doesn't depend on the settings.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/services-networking/service/#headless-services>.
    static func service(_ labels: [String: String]) -> JSONValue {
        [
            "clusterIP": "None",
            // Replicas connect to each other before they are ready.
            "publishNotReadyAddresses": true,
            "selector": .object(labels.mapValues { .string($0) }),
            "ports": [
                [
                    "name": "tfjob-port", "port": .integer(port), "protocol": "TCP",
                    "targetPort": .integer(port),
                ]
            ],
        ]
    }

    /// The port of each replica, as in TFJob v1.
    static let port = 2222

    /// The spec of a group's Job. If all replicas restart together, the Job fails with its first pod, and the backend replaces all Jobs.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/#JobSpec>.
    private func spec(of group: ReplicaGroup) throws -> JSONValue {
        let policy = rules.restartsTogether ? .never : group.effectiveRestartPolicy
        var spec: [String: JSONValue] = [
            "completionMode": "Indexed",
            "completions": .integer(group.count),
            "parallelism": .integer(group.count),
            "backoffLimit": .integer(policy == .never ? 0 : runPolicy.effectiveBackoffLimit),
        ]
        spec["activeDeadlineSeconds"] = deadline.map { .integer($0) }
        var template = try template(group, index: .completionIndex)
        let restartsInPlace = policy == .onFailure || policy == .always
        template = template.merging([
            "spec": [
                "subdomain": .string(ObjectName.of(id.key.id)),
                "restartPolicy": restartsInPlace ? "OnFailure" : "Never",
            ]
        ])
        spec["template"] = template
        if !restartsInPlace, !rules.restartsTogether {
            spec["podFailurePolicy"] = failurePolicy(policy)
        }
        return .object(spec)
    }

    /// Replaces a pod that the cluster ended, without counting it. Under `ExitCode`, a code below 128 is final, except the
    /// codes that the job retries.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy>.
    private func failurePolicy(_ policy: RestartPolicy) -> JSONValue {
        var reactions: [JSONValue] = [
            ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]]
        ]
        if policy == .exitCode {
            reactions.append([
                "action": "FailJob",
                "onExitCodes": [
                    "containerName": .string(PodShape.container), "operator": "In",
                    "values": .array((1...127).filter { !rules.retryExitCodes.contains($0) }.map { .integer($0) }),
                ],
            ])
        }
        return ["rules": .array(reactions)]
    }

    /// `TF_CONFIG` for every replica of a group; Kubernetes expands the index.
    ///
    /// Source: <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>.
    func sharedTFConfig(of type: ReplicaType) throws -> String? {
        // No index is as large as the placeholder, and the text around it can't occur elsewhere.
        let placeholder = Int(Int32.max)
        let config = TFConfig(job: job, type: type, index: placeholder) { type, index in
            "\(ObjectName.job(id.key.id, type))-\(index).\(ObjectName.of(id.key.id)).\(namespace).svc:\(Self.port)"
        }
        return try config?.text().replacing(
            #""task":{"index":\#(placeholder),"#,
            with: #""task":{"index":$(\#(PodShape.indexVariable)),"#
        )
    }
}
