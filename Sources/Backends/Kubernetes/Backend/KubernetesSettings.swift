public import Jobs
public import KubernetesClient

/// How the jobs of one cluster id are run on a Kubernetes cluster.
public struct KubernetesSettings: Sendable, Equatable {
    /// What a run is made of on the cluster.
    public enum Flavor: String, Sendable, CaseIterable {
        /// A TFJob, which Kubeflow's training operator carries out.
        case tfjob
        /// Indexed Jobs and a headless Service: no operator is needed.
        case job
    }

    /// Where the API server is, and who we are to it.
    public var access: AccessSource
    /// Default: ``Flavor/tfjob``.
    public var flavor = Flavor.tfjob
    /// A template with `{partition}` and `{cluster}`. Default: `{partition}`.
    public var namespace = "{partition}"
    /// Whether a namespace that is missing is made. Default: false.
    public var createNamespaces = false
    /// Which image runs what.
    public var images = ImageTable()
    /// What stands behind the absolute folders of jobs.
    public var volumes: [VolumeRule] = []
    /// Where pods get the code of a relative `workdir` from; nil refuses such jobs.
    public var code: CodeSource?
    /// Who decides when a run may start; nil leaves it to the scheduler alone.
    public var queue: Queue?
    /// Fields of a PodSpec that every pod has besides ours: `nodeSelector`, `tolerations`, `imagePullSecrets` say. What we say
    /// ourselves wins.
    public var pod: JSONValue = .object([:])
    /// Whether an object of the same name that is nobody's, or another's, is taken over. Default: false.
    public var adopt = false
    /// Above 0. Default: 20.
    public var requestsPerSecond = 20.0
    /// Where the service is not to look at the whole cluster: the one namespace that its account may read. Nil: all.
    public var watchNamespace: String?

    /// Only where the cluster is has no default.
    public init(access: AccessSource) {
        self.access = access
    }
}

/// A queue of the cluster that admits runs.
public struct Queue: Sendable, Equatable {
    /// Who runs it.
    public enum Manager: String, Sendable, CaseIterable {
        /// <https://kueue.sigs.k8s.io/docs/tasks/run/kubeflow/tfjobs/>
        case kueue
        /// <https://www.kubeflow.org/docs/components/trainer/legacy-v1/user-guides/job-scheduling/>
        case volcano
    }

    /// Who runs it.
    public var manager: Manager
    /// A template with `{partition}` and `{cluster}`.
    public var name: String
    /// Volcano's; nil for none.
    public var priorityClass: String?

    /// A queue that is known to the cluster; nobody checks that it is.
    public init(manager: Manager, name: String, priorityClass: String? = nil) {
        self.manager = manager
        self.name = name
        self.priorityClass = priorityClass
    }
}
