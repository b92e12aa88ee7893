/// The replicas of one type: processes with the same code and the same resources.
public struct ReplicaGroup: Hashable, Sendable {
    /// A job has at most one group of each type.
    public var type: ReplicaType
    /// The number of replicas, at least 0.
    public var count: Int
    /// The resources of one replica.
    public var resource: Resources
    /// Nil: see ``effectiveRestartPolicy``.
    public var restartPolicy: RestartPolicy?

    /// The type of the group in a job file's short form that has no `type`.
    public static let defaultType = ReplicaType.worker
    /// The number of replicas of a group without `count`.
    public static let defaultCount = 1
    /// The restart policy of a group without `restartPolicy`.
    public static let defaultRestartPolicy = RestartPolicy.never

    /// The restart policy, with the default if the file has none.
    public var effectiveRestartPolicy: RestartPolicy { restartPolicy ?? Self.defaultRestartPolicy }

    /// Creates a group; by default of one replica with the default restart policy.
    public init(type: ReplicaType, count: Int = defaultCount, resource: Resources, restartPolicy: RestartPolicy? = nil)
    {
        self.type = type
        self.count = count
        self.resource = resource
        self.restartPolicy = restartPolicy
    }
}

/// The role of a replica in the cluster that TensorFlow forms.
///
/// Source: <https://www.tensorflow.org/api_docs/python/tf/distribute/cluster_resolver/TFConfigClusterResolver>.
public enum ReplicaType: String, Hashable, Sendable, Codable, CaseIterable {
    case chief, master, worker, ps, evaluator
}

/// Whether a replica restarts after it has ended.
///
/// Source: `RestartPolicy` of TFJob v1,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>.
public enum RestartPolicy: String, Sendable, CaseIterable {
    case never = "Never"
    case onFailure = "OnFailure"
    case always = "Always"
    /// Exit codes of 128 and above and those of ``RunPolicy/retryExitCodes`` are retried, all others are final.
    case exitCode = "ExitCode"
}

/// The resources that one replica needs.
public struct Resources: Hashable, Sendable {
    /// At least 0, at most a million cores.
    public var cpu: CPUQuantity
    /// At least 0, less than 8 Ei.
    public var memory: MemoryQuantity
    /// Whole GPUs.
    public var gpu: Int

    /// The number of GPUs of a replica without `gpu`.
    public static let defaultGPUs = 0

    /// Creates resources; by default without GPUs.
    public init(cpu: CPUQuantity, memory: MemoryQuantity, gpu: Int = defaultGPUs) {
        self.cpu = cpu
        self.memory = memory
        self.gpu = gpu
    }
}
