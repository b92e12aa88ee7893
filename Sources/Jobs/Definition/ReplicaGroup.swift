/// The replicas of one type of a job: so many processes with the same code and the same resources.
public struct ReplicaGroup: Hashable, Sendable {
    /// Each type is at most once in a job.
    public var type: ReplicaType
    /// At least 0.
    public var count: Int
    /// What one replica needs.
    public var resource: Resources
    /// Nil: ``RestartPolicy/never``.
    public var restartPolicy: RestartPolicy?

    /// One replica, and the default restart policy, where nothing else is said.
    public init(type: ReplicaType, count: Int = 1, resource: Resources, restartPolicy: RestartPolicy? = nil) {
        self.type = type
        self.count = count
        self.resource = resource
        self.restartPolicy = restartPolicy
    }
}

/// The part that a replica plays in the cluster that TensorFlow forms.
///
/// Source: <https://www.tensorflow.org/api_docs/python/tf/distribute/cluster_resolver/TFConfigClusterResolver>.
public enum ReplicaType: String, Hashable, Sendable, Codable, CaseIterable {
    case chief, master, worker, ps, evaluator
}

/// What becomes of a replica that ended.
///
/// Source: `RestartPolicy` of TFJob v1,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>.
public enum RestartPolicy: String, Sendable, CaseIterable {
    case never = "Never"
    case onFailure = "OnFailure"
    case always = "Always"
    /// Exit codes of 128 and above are retried, those from 1 to 127 are final.
    case exitCode = "ExitCode"
}
