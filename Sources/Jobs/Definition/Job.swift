/// What a job file says, whichever of the accepted spellings it was written in.
///
/// An optional member is nil where the file does not have the key, so that the canonical form shows what was written;
/// the `effective` members fill in the defaults.
public struct Job: Hashable, Sendable {
    /// The display name, at most 63 characters. Nil: the id; so is a name that equals it.
    public var name: String?
    /// At most 4096 characters.
    public var description: String?
    /// The Python that runs the script, and the TensorFlow that it needs.
    public var runtime: Runtime
    /// Absolute: on the machine or a volume. Relative: a folder of the repository. Nil: see ``codeFolder``.
    public var workdir: String?
    /// What the Python runs.
    public var program: Program
    /// Handed on as they are, without a shell.
    public var args: [String]
    /// Nil where the file has no such key.
    public var environment: [String: String]?
    /// Absolute, as the next three; made if absent. The script finds it in `TFJOB_CHECKPOINT_DIR`.
    public var checkpointDir: String?
    /// The script finds it in `TFJOB_EVENT_DIR`.
    public var eventDir: String?
    /// The script finds it in `TFJOB_MODEL_DIR`.
    public var modelDir: String?
    /// The script finds it in `TFJOB_LOG_DIR`; a run's logs are written there too.
    public var logDir: String?
    /// In the order of the file; each type at most once; at least one replica and at most 1000 in all.
    public var replicas: [ReplicaGroup]
    /// Nil: the default policy.
    public var successPolicy: SuccessPolicy?
    /// Nil: all defaults; see ``effectiveRunPolicy``.
    public var runPolicy: RunPolicy?
    /// Nil: 0. The higher starts first where jobs wait for room.
    public var priority: Int?
    /// Ids in the same partition that must have succeeded before.
    public var dependsOn: [String]?
    /// Nil: 0. Another number runs a finished job again.
    public var rerun: Int?

    /// Makes a job of what every job has; the rest is nil. Nothing is checked: ``JobFile`` does that.
    public init(runtime: Runtime, program: Program, args: [String] = [], replicas: [ReplicaGroup]) {
        self.runtime = runtime
        self.program = program
        self.args = args
        self.replicas = replicas
    }

    /// Makes a job that runs a script; see ``init(runtime:program:args:replicas:)``.
    public init(runtime: Runtime, bootfile: String, args: [String] = [], replicas: [ReplicaGroup]) {
        self.init(runtime: runtime, program: .script(bootfile), args: args, replicas: replicas)
    }

    /// The run policy with nothing left to say: an absent one has all defaults.
    public var effectiveRunPolicy: RunPolicy { runPolicy ?? RunPolicy() }

    /// How many processes a run has.
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
