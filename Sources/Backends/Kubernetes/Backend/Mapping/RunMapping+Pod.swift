import Jobs

extension RunMapping {
    func template(_ group: ReplicaGroup, index: PodShape.IndexSource) throws -> JSONValue {
        let folders = try FolderMapping(job, run: id, settings: settings)
        let container: [String: JSONValue] = [
            "name": .string(PodShape.container),
            "image": .string(image),
            "command": .array(command.map { .string($0) }),
            "env": .array(try environment(group.type, index: index)),
            "resources": Quantity.resources(group.resource),
            "workingDir": .string(folders.workingDirectory),
            "ports": [["name": "tfjob-port", "containerPort": .integer(Self.port), "protocol": "TCP"]],
            "volumeMounts": .array(folders.mounts + [AnnotationFile.scriptModuleMount]),
        ]
        var spec: [String: JSONValue] = [
            "containers": [hardening.containerFields.merging(.object(container))],
            // A training needs neither the API server nor the addresses of other services.
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
        ]
        spec["terminationGracePeriodSeconds"] = runPolicy.gracePeriodSeconds.map { .integer($0) }
        let passwords = passwordFile(folders)
        let files = [AnnotationFile.scriptModule, passwords].compactMap(\.self)
        spec["volumes"] = .array(folders.volumes + files.map(\.source))
        if folders.fetchesCode, let code = settings.code {
            spec["initContainers"] = [
                hardening.containerFields.merging(codeContainer(code, hasPasswordFile: passwords != nil))
            ]
        }
        if settings.queue?.manager == .volcano {
            spec["schedulerName"] = "volcano"
        }
        let metadata: [String: JSONValue] = [
            "labels": .object(labels(of: group.type).mapValues { .string($0) }),
            "annotations": .object(Dictionary(files.map { ($0.annotation, .string($0.text)) }) { $1 }),
        ]
        return ["metadata": .object(metadata), "spec": hardening.podFields.merging(.object(spec))]
    }

    private var hardening: PodHardening { PodHardening(settings: settings) }

    /// `/etc/passwd` in the container that fetches the code; nil if the image's own will do.
    private func passwordFile(_ folders: FolderMapping) -> AnnotationFile? {
        guard folders.fetchesCode, settings.code?.usesSSH == true, let user = hardening.effectiveUser, user != 0 else {
            return nil
        }
        return .passwords(of: user)
    }

    private var command: [String] {
        (["python"] + job.program.arguments + job.args).map(PodShape.literal)
    }

    /// The same variables as on the local backend, except those of a machine.
    private func environment(_ type: ReplicaType, index: PodShape.IndexSource) throws -> [JSONValue] {
        var variables: [(String, String)] = [
            ("PYTHONUNBUFFERED", "1"),
            ("TFJOB_CLUSTER", id.key.cluster), ("TFJOB_PARTITION", id.key.partition), ("TFJOB_ID", id.key.id),
            ("TFJOB_RUN", String(id.number)), ("TFJOB_COMMIT", runCommit),
            ("TFJOB_REPLICA_TYPE", type.rawValue),
        ]
        let own = job.environment ?? [:]
        variables.removeAll { own[$0.0] != nil }
        variables += own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        variables.removeAll { $0.0 == "PYTHONPATH" }
        // A module of the same name that the job brings comes first.
        let path = [own["PYTHONPATH"] ?? "", PodShape.pythonFolder].filter { !$0.isEmpty }
        variables.append(("PYTHONPATH", path.joined(separator: ":")))
        // TF_CONFIG refers to the index, so the index comes first.
        var list: [JSONValue] = [
            [
                "name": .string(PodShape.indexVariable),
                "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": .string(index.fieldPath)]],
            ]
        ]
        if index == .completionIndex, let config = try sharedTFConfig(of: type) {
            list.append(["name": "TF_CONFIG", "value": .string(config)])
        }
        let folders = FolderMapping.folders(of: job, run: id).map { folder in
            let path = PodShape.literal(folder.path).replacing(
                FolderMapping.replica,
                with: "\(type.rawValue)-$(\(PodShape.indexVariable))"
            )
            return (folder.variable, path)
        }
        return list
            + (variables.map { ($0, PodShape.literal($1)) } + folders).map { name, value in
                ["name": .string(name), "value": .string(value)]
            }
    }
}

/// The names that the pods of both flavors share.
enum PodShape {
    /// The operator requires this name.
    static let container = "tensorflow"
    static let codeVolume = "tfjob-admin-code"
    static let secretVolume = "tfjob-admin-secret"
    /// The folder of a job's code, or its empty working folder.
    static let codeFolder = "/tfjob-admin/code"
    /// The folder of the Python module `tfjob`.
    static let pythonFolder = "/tfjob-admin/python"
    static let secretFolder = "/tfjob-admin/secret"
    static let indexVariable = "TFJOB_REPLICA_INDEX"

    /// The label or annotation that has a pod's index in its replica group.
    enum IndexSource: String, CaseIterable {
        /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>
        case operatorLabel = "training.kubeflow.org/replica-index"
        /// <https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetes-io-job-completion-index>
        case completionIndex = "batch.kubernetes.io/job-completion-index"

        var fieldPath: String {
            switch self {
            case .operatorLabel: "metadata.labels['\(rawValue)']"
            case .completionIndex: "metadata.annotations['\(rawValue)']"
            }
        }
    }

    /// Escapes a text so that Kubernetes expands nothing in it.
    ///
    /// Source: <https://github.com/kubernetes/kubernetes/blob/fde22c3f9aacfd260225a9741de123a41157b7c0/third_party/forked/golang/expansion/expand.go>,
    /// `Expand`: `$$` is `$`.
    static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }
}

/// Quantities in the form that the API server stores, so that a comparison with it finds no change.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>, "canonical form".
enum Quantity {
    /// Whole cores, or millicores with `m`.
    static func cpu(_ quantity: CPUQuantity) -> String {
        quantity.millicores % 1000 == 0 ? String(quantity.millicores / 1000) : "\(quantity.millicores)m"
    }

    /// The largest unit that gives a whole number; a binary unit if the job file has one.
    static func memory(_ quantity: MemoryQuantity) -> String {
        let isBinary = quantity.text.hasSuffix("i")
        let units = isBinary ? ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] : ["", "k", "M", "G", "T", "P", "E"]
        let step = isBinary ? 1024 : 1000
        var value = quantity.bytes
        var unit = 0
        while value != 0, value % step == 0, unit + 1 < units.count {
            value /= step
            unit += 1
        }
        return "\(value)\(units[unit])"
    }

    /// Equal requests and limits: a replica gets what the job says, neither less nor more.
    static func resources(_ resources: Resources) -> JSONValue {
        var amounts: [String: JSONValue] = [
            "cpu": .string(cpu(resources.cpu)), "memory": .string(memory(resources.memory)),
        ]
        if resources.gpu > 0 {
            // https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
            amounts["nvidia.com/gpu"] = .string(String(resources.gpu))
        }
        return ["limits": .object(amounts), "requests": .object(amounts)]
    }
}
