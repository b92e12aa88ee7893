/// How a run is limited, ended and cleaned up. A nil member was not written; see the `effective` ones.
///
/// Source: `RunPolicy` of TFJob v1,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>.
public struct RunPolicy: Hashable, Sendable {
    /// Nil: ``CleanPodPolicy/running``.
    public var cleanPodPolicy: CleanPodPolicy?
    /// Restarts in all, over the run, before the job fails.
    public var backoffLimit: Int?
    /// Seconds from the run's start until it is failed and its replicas are stopped. Nil: no limit.
    public var activeDeadlineSeconds: Int?
    /// Seconds after which a finished run is removed from its cluster. Nil: never.
    public var ttlSecondsAfterFinished: Int?
    /// Nil: ``RestartScope/replica``.
    public var restartScope: RestartScope?
    /// Whether the replicas are stopped and the job kept. Nil: false.
    public var suspend: Bool?

    /// All defaults.
    public init() {}

    /// The default is ours; TFJob v1's own is `None`.
    public var effectiveCleanPodPolicy: CleanPodPolicy { cleanPodPolicy ?? .running }
    /// The default is 3.
    public var effectiveBackoffLimit: Int { backoffLimit ?? 3 }
    /// The default is the one replica.
    public var effectiveRestartScope: RestartScope { restartScope ?? .replica }
    /// The default is false.
    public var isSuspended: Bool { suspend ?? false }
}

/// What happens to replicas that are still up when the run finishes.
public enum CleanPodPolicy: String, Sendable, CaseIterable {
    /// Those that run are stopped.
    case running = "Running"
    /// All are stopped and removed.
    case all = "All"
    /// They are left alone.
    case none = "None"
}

/// Who is restarted when one replica fails with a code that may be retried.
public enum RestartScope: String, Sendable, CaseIterable {
    /// That replica alone.
    case replica = "Replica"
    /// All replicas together.
    case job = "Job"
}
