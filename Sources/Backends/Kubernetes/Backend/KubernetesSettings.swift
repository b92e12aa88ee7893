public import Jobs
public import KubernetesClient

/// How to run the jobs of one cluster id on a Kubernetes cluster.
public struct KubernetesSettings: Sendable, Equatable {
    /// Which objects a run consists of.
    public enum Flavor: String, Sendable, CaseIterable {
        /// A TFJob; it needs Kubeflow's training operator.
        case tfjob
        /// Indexed Jobs and a headless Service; they need no operator.
        case job
    }

    /// How to reach the API server. It has no default.
    public var access: AccessSource
    /// Default: ``Flavor/tfjob``.
    public var flavor = Flavor.tfjob
    /// A template with `{partition}` and `{cluster}`. Default: `{partition}`.
    public var namespace = "{partition}"
    /// Whether to create missing namespaces. Default: false.
    public var createNamespaces = false
    /// The container images of the runtimes.
    public var images = ImageTable()
    /// The volumes that contain the absolute folders of jobs.
    public var volumes: [VolumeRule] = []
    /// Where pods get the code of a relative `workdir`; nil refuses such jobs.
    public var code: CodeSource?
    /// The queue that admits runs; nil leaves it to the scheduler alone.
    public var queue: Queue?
    /// Fields to add to the PodSpec of every pod, for example `nodeSelector`, `tolerations` or `imagePullSecrets`. Fields that
    /// this program sets itself win.
    public var pod: JSONValue = .object([:])
    /// Fields to add to every container, for example `securityContext`, `imagePullPolicy` or `volumeMounts`. Fields that this program
    /// sets itself win, except those of ``PodHardening``.
    public var container: JSONValue = .object([:])
    /// Whether to take over an object of the same name that nobody or somebody else owns. Default: false.
    public var adopt = false
    /// The request rate, above 0. Default: 200. The server slows the service down itself if that is too much.
    public var requestsPerSecond = 200.0
    /// The only namespace that the service may read; nil if it may read all.
    public var watchNamespace: String?

    /// Creates settings with the defaults.
    public init(access: AccessSource) {
        self.access = access
    }
}

/// A queue of the cluster that admits runs.
public struct Queue: Sendable, Equatable {
    /// The program that manages the queue.
    public enum Manager: String, Sendable, CaseIterable {
        /// <https://kueue.sigs.k8s.io/docs/tasks/run/kubeflow/tfjobs/>
        case kueue
        /// <https://www.kubeflow.org/docs/components/trainer/legacy-v1/user-guides/job-scheduling/>
        case volcano
    }

    /// The program that manages the queue.
    public var manager: Manager
    /// A template with `{partition}` and `{cluster}`.
    public var name: String
    /// Volcano's priority class; nil for none.
    public var priorityClass: String?

    /// Names a queue. Nothing checks that it exists on the cluster.
    public init(manager: Manager, name: String, priorityClass: String? = nil) {
        self.manager = manager
        self.name = name
        self.priorityClass = priorityClass
    }
}

/// A repository from which pods fetch a job's code.
public struct CodeSource: Sendable, Equatable {
    /// `https://…`, `ssh://…` or `git@host:…`.
    public var url: String
    /// An image that has `git` and `sh`. Default: `alpine/git:2.49.1`.
    public var image: String
    /// A Secret in the job's namespace, of type `kubernetes.io/basic-auth` (`username`, `password`) or `kubernetes.io/ssh-auth`
    /// (`ssh-privatekey` and also `known_hosts`). Nil for a repository that everybody may read.
    public var secret: String?

    /// Creates a source; only the URL has no default.
    public init(url: String, image: String = "alpine/git:2.49.1", secret: String? = nil) {
        self.url = url
        self.image = image
        self.secret = secret
    }

    /// Whether git uses ssh for the URL.
    var usesSSH: Bool { url.hasPrefix("ssh://") || !url.contains("://") }
}

/// A volume that contains an absolute folder and all folders below it.
public struct VolumeRule: Sendable, Equatable {
    /// What the volume is.
    public enum Source: Sendable, Equatable {
        /// A folder of the node: for shared file systems that every node has mounted.
        case hostPath(String)
        /// A PersistentVolumeClaim of the job's namespace; a template with `{partition}`, `{cluster}` and `{id}`.
        case claim(String)
        /// An empty folder that is deleted with the pod.
        case emptyFolder
    }

    /// The absolute path in the job's containers, without a trailing slash.
    public var path: String
    /// What the volume is.
    public var source: Source
    /// Default: false.
    public var isReadOnly: Bool

    /// Mounts a volume at a path.
    public init(path: String, source: Source, isReadOnly: Bool = false) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.source = source
        self.isReadOnly = isReadOnly
    }

    /// The part of a folder's path below this volume: empty for the volume itself, nil for a folder elsewhere.
    func remainder(of folder: String) -> String? {
        if path == "/" { return String(folder.drop { $0 == "/" }) }
        guard folder == path || folder.hasPrefix("\(path)/") else { return nil }
        return String(folder.dropFirst(path.count).drop { $0 == "/" })
    }
}

/// The container images of the runtimes.
public struct ImageTable: Sendable, Equatable {
    /// Images by runtime (`Python_3.11`), which is looked up first, or by TensorFlow version (`2.21.0`). Each may be a template.
    public var byVersion: [String: String]
    /// An image with `{tensorflow}` and `{python}` for all other runtimes; nil for none.
    public var template: String?

    /// Creates a table; by default it has no image.
    public init(byVersion: [String: String] = [:], template: String? = nil) {
        self.byVersion = byVersion
        self.template = template
    }

    /// Finds the image of a runtime.
    ///
    /// - Parameters:
    ///   - runtime: the job's runtime.
    ///   - cluster: the cluster id, for the message.
    /// - Throws: ``BackendError/refused(_:)`` if there is none.
    func image(for runtime: Runtime, cluster: String) throws(BackendError) -> String {
        let entry =
            byVersion[runtime.description] ?? runtime.tensorflow.flatMap { byVersion[$0] } ?? template
        if let entry,
            let image = Template.fill(entry, ["tensorflow": runtime.tensorflow, "python": runtime.python]),
            !image.isEmpty
        {
            return image
        }
        let key = runtime.tensorflow ?? runtime.description
        let known = byVersion.keys.sorted().joined(separator: ", ")
        throw .refused(
            "runtime: the cluster \"\(cluster)\" has no image for \(runtime)\(known.isEmpty ? "" : ", only for \(known)"); add \"\(key)\" under clusters.\(cluster).images"
        )
    }
}

/// Texts of the settings with names in braces.
enum Template {
    /// Replaces the names by their values.
    ///
    /// - Returns: nil if a name has no value.
    static func fill(_ template: String, _ values: [String: String?]) -> String? {
        var result = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}"),
                let value = values[String(rest[rest.index(after: open)..<close])] ?? nil
            else { return nil }
            result += rest[..<open] + value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// Replaces the names that every job has: `{cluster}`, `{partition}` and `{id}`.
    ///
    /// - Parameter setting: the template's key below the cluster, for the message.
    static func fill(_ template: String, of key: JobKey, setting: String) throws(BackendError) -> String {
        let values = ["cluster": key.cluster, "partition": key.partition, "id": key.id]
        guard let text = fill(template, values) else {
            throw .refused(
                "clusters.\(key.cluster).\(setting): \"\(template)\" has an unknown name in braces; allowed names: {partition}, {cluster}, {id}"
            )
        }
        return text
    }
}
