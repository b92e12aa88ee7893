import Jobs

extension RunMapping {
    /// The template of a group's pods.
    func template(_ group: ReplicaGroup, index: PodShape.IndexSource) throws -> JSONValue {
        let folders = try FolderMapping(job, key: id.key, settings: settings)
        var container: [String: JSONValue] = [
            "name": .string(PodShape.container),
            "image": .string(image),
            "command": .array(command.map { .string($0) }),
            "env": .array(try environment(group.type, index: index)),
            "resources": Quantity.resources(group.resource),
            "workingDir": .string(folders.workingDirectory),
            "ports": [["name": "tfjob-port", "containerPort": .integer(Self.port), "protocol": "TCP"]],
        ]
        if !folders.mounts.isEmpty {
            container["volumeMounts"] = .array(folders.mounts)
        }
        var spec: [String: JSONValue] = [
            "containers": [.object(container)],
            // A training has no business with the API server, and none with the addresses of other services.
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
        ]
        if !folders.volumes.isEmpty {
            spec["volumes"] = .array(folders.volumes)
        }
        if folders.fetchesCode, let code = settings.code {
            spec["initContainers"] = [fetch(code)]
        }
        if settings.queue?.manager == .volcano {
            spec["schedulerName"] = "volcano"
        }
        return [
            "metadata": ["labels": .object(labels(of: group.type).mapValues { .string($0) })],
            "spec": settings.pod.merging(.object(spec)),
        ]
    }

    private var command: [String] {
        (["python", job.bootfile] + job.args).map(PodShape.literal)
    }

    /// The same variables as on the local backend, but for those of a machine.
    private func environment(_ type: ReplicaType, index: PodShape.IndexSource) throws -> [JSONValue] {
        var variables: [(String, String?)] = [
            ("PYTHONUNBUFFERED", "1"),
            ("TFJOB_CLUSTER", id.key.cluster), ("TFJOB_PARTITION", id.key.partition), ("TFJOB_ID", id.key.id),
            ("TFJOB_RUN", String(id.number)), ("TFJOB_COMMIT", commit),
            ("TFJOB_REPLICA_TYPE", type.rawValue),
            ("TFJOB_CHECKPOINT_DIR", job.checkpointDir), ("TFJOB_EVENT_DIR", job.eventDir),
            ("TFJOB_MODEL_DIR", job.modelDir), ("TFJOB_LOG_DIR", job.logDir),
        ]
        let own = job.environment ?? [:]
        variables.removeAll { own[$0.0] != nil }
        variables += own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        // First, since TF_CONFIG names it.
        var list: [JSONValue] = [
            [
                "name": .string(PodShape.indexVariable),
                "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": .string(index.fieldPath)]],
            ]
        ]
        if index == .completionIndex, let config = try sharedTFConfig(of: type) {
            list.append(["name": "TF_CONFIG", "value": .string(config)])
        }
        return list
            + variables.compactMap { name, value in
                value.map { ["name": .string(name), "value": .string(PodShape.literal($0))] }
            }
    }
}
