/// The content of a job file, independent of its spelling.
///
/// An optional member is nil if the file does not have the key, so that the canonical form shows the file's own keys.
/// The `effective` members fill in the defaults.
public struct Job: Hashable, Sendable {
    /// The display name, at most 63 characters. Nil: the id. A name that equals the id is nil too.
    public var name: String?
    /// At most 4096 characters.
    public var description: String?
    /// The Python that runs the script, and the TensorFlow that it needs.
    public var runtime: Runtime
    /// Absolute: on the machine or a volume. Relative: a folder of the repository. Nil: see ``JobCode``.
    public var workdir: String?
    /// The script or module that Python runs.
    public var program: Program
    /// The program's arguments, passed without a shell.
    public var args: [String]
    /// The environment variables. Nil if the file does not have the key.
    public var environment: [String: String]?
    /// Absolute, like the next three; created if absent. The script finds it in `TFJOB_CHECKPOINT_DIR`.
    public var checkpointDir: String?
    /// The script finds it in `TFJOB_EVENT_DIR`.
    public var eventDir: String?
    /// The script finds it in `TFJOB_MODEL_DIR`.
    public var modelDir: String?
    /// The script finds it in `TFJOB_LOG_DIR`. The logs of a run are written there too.
    public var logDir: String?
    /// In the order of the file; each type at most once; at least one replica and at most 1000 in all.
    public var replicas: [ReplicaGroup]
    /// Nil: see ``effectiveSuccessPolicy``.
    public var successPolicy: SuccessPolicy?
    /// Nil: all defaults; see ``effectiveRunPolicy``.
    public var runPolicy: RunPolicy?
    /// Nil: ``defaultPriority``. Of the jobs that wait for room, the one with the highest priority starts first.
    public var priority: Int?
    /// Ids of jobs in the same partition that must succeed before this job starts.
    public var dependsOn: [String]?
    /// Nil: ``defaultRerun``. Another number runs a finished job again.
    public var rerun: Int?

    /// The priority of a job whose file has none.
    public static let defaultPriority = 0
    /// The rerun of a job whose file has none.
    public static let defaultRerun = 0

    /// Creates a job from what every job has; the rest is nil. The values are not checked; `JobFile` checks them.
    public init(runtime: Runtime, program: Program, args: [String] = [], replicas: [ReplicaGroup]) {
        self.runtime = runtime
        self.program = program
        self.args = args
        self.replicas = replicas
    }

    /// Creates a job that runs a script; see ``init(runtime:program:args:replicas:)``.
    public init(runtime: Runtime, bootfile: String, args: [String] = [], replicas: [ReplicaGroup]) {
        self.init(runtime: runtime, program: .script(bootfile), args: args, replicas: replicas)
    }

    /// The default is worker 0's success.
    public var effectiveSuccessPolicy: SuccessPolicy { successPolicy ?? .defaultPolicy }
    /// The number that decides whether a finished job runs again.
    public var effectiveRerun: Int { rerun ?? Self.defaultRerun }
    /// The run policy, with all defaults if the file has none.
    public var effectiveRunPolicy: RunPolicy { runPolicy ?? RunPolicy() }

    /// The number of processes of a run.
    public var replicaCount: Int { replicas.reduce(0) { $0 + $1.count } }
}

/// When a run without a chief or master has succeeded.
///
/// Source: `SuccessPolicy` of TFJob v1,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/tensorflow_types.go>.
public enum SuccessPolicy: String, Sendable, CaseIterable {
    /// When worker 0 has succeeded.
    case defaultPolicy = ""
    /// When all workers have succeeded.
    case allWorkers = "AllWorkers"
}

/// How a run is limited, ended and cleaned up. A member is nil if the file does not have the key; see the `effective`
/// members.
///
/// Source: `RunPolicy` of TFJob v1,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>.
public struct RunPolicy: Hashable, Sendable {
    /// Nil: see ``effectiveCleanPodPolicy``.
    public var cleanPodPolicy: CleanPodPolicy?
    /// How many restarts a run may have in total before the job fails. Nil: see ``effectiveBackoffLimit``.
    public var backoffLimit: Int?
    /// Seconds that a run may be active until it fails and its replicas are stopped. Nil: no limit.
    public var activeDeadlineSeconds: Int?
    /// Seconds after which a finished run is removed from its cluster. Nil: never.
    public var ttlSecondsAfterFinished: Int?
    /// Nil: depends on the replicas; see ``RunRules/restartScope``.
    public var restartScope: RestartScope?
    /// Exit codes from 1 to 255 that ``RestartPolicy/exitCode`` retries besides those of 128 and above. Nil: see
    /// ``effectiveRetryExitCodes``.
    public var retryExitCodes: [Int]?
    /// Seconds from the notice of a stop to SIGKILL, 0 to 3600. Nil: see ``effectiveGracePeriodSeconds``.
    public var gracePeriodSeconds: Int?
    /// Seconds without progress after which a run is stopped and counts as a failure. Nil: no limit.
    public var progressDeadlineSeconds: Int?
    /// Whether the replicas are stopped and the job kept. Nil: false.
    public var suspend: Bool?

    /// All defaults.
    public init() {}

    /// The default is `Running`; in TFJob v1 it is `None`.
    public var effectiveCleanPodPolicy: CleanPodPolicy { cleanPodPolicy ?? .running }
    /// The default is 3.
    public var effectiveBackoffLimit: Int { backoffLimit ?? 3 }
    /// The scope under ``DefaultsVersion/replicaScope``: the failed replica alone. The digest of a job without the key
    /// covers this value under every version. ``RunRules/restartScope`` has the scope of a run.
    public var effectiveRestartScope: RestartScope { restartScope ?? .replica }
    /// The default is 42: TensorFlow's `PreemptionCheckpointHandler` exits with it to ask for a restart.
    ///
    /// Source: `_RESTARTABLE_EXIT_CODE`,
    /// <https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/distribute/failure_handling/failure_handling_util.py>.
    public var effectiveRetryExitCodes: [Int] { retryExitCodes ?? [42] }
    /// The default is 30.
    public var effectiveGracePeriodSeconds: Int { gracePeriodSeconds ?? 30 }
    /// The default is false.
    public var isSuspended: Bool { suspend ?? false }
}

/// What happens to replicas that still run when the run finishes.
public enum CleanPodPolicy: String, Sendable, CaseIterable {
    /// Running replicas are stopped.
    case running = "Running"
    /// All replicas are stopped and removed.
    case all = "All"
    /// Replicas keep running.
    case none = "None"
}

/// Which replicas restart when one fails with an exit code that may be retried.
public enum RestartScope: String, Sendable, CaseIterable {
    /// The failed replica alone.
    case replica = "Replica"
    /// All replicas together.
    case job = "Job"
}

extension Job {
    /// The keys of the job that a kind of backend does nothing with.
    ///
    /// - Parameter backend: the kind of backend, for example `kubernetes`.
    /// - Returns: for each, a word for programs, the top-level key of the job file, and a sentence for people.
    public func ignoredKeys(on backend: String) -> [(reason: String, key: String, message: String)] {
        switch backend {
        case "kubernetes" where effectiveRunPolicy.progressDeadlineSeconds != nil:
            let message =
                "runPolicy.progressDeadlineSeconds has no effect on Kubernetes: write activeDeadlineSeconds to end a run that hangs"
            return [("ProgressIsNotWatched", "runPolicy", message)]
        case "local" where (priority ?? 0) != 0:
            return [
                ("PriorityIsNotUsed", "priority", "priority has no effect on this machine: every run starts at once")
            ]
        default: return []
        }
    }
}
