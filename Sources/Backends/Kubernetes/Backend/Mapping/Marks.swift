import Jobs

/// The labels and annotations by which an object of ours is known.
///
/// Source for the common ones: <https://kubernetes.io/docs/reference/labels-annotations-taints/>.
enum Marks {
    static let managedBy = "app.kubernetes.io/managed-by"
    static let manager = "tfjob-admin"
    static let installation = "tfjob-admin/installation"
    static let cluster = "tfjob-admin/cluster"
    static let partition = "tfjob-admin/partition"
    static let id = "tfjob-admin/id"
    static let run = "tfjob-admin/run"
    static let replicaType = "tfjob-admin/replica-type"

    static let commit = "tfjob-admin/commit"
    static let author = "tfjob-admin/author"
    static let path = "tfjob-admin/path"
    static let digest = "tfjob-admin/digest"
    /// The job in its canonical form: a service that has lost its journal finds it here.
    static let job = "tfjob-admin/job"
    /// A digest of what we wrote, so that changes by others are told from changes of our own settings.
    static let manifest = "tfjob-admin/manifest"
    /// Which attempt of a run it is: of pods and Jobs a label with the number, of what stands for the run an annotation, see ``Attempt``.
    static let attempt = "tfjob-admin/restart-attempt"
    /// How a run ended, where no other object keeps that.
    static let result = "tfjob-admin/result"

    /// All labels.
    static let labelNames = [managedBy, installation, cluster, partition, id, run, replicaType, attempt]
    /// All annotations that are read.
    static let annotationNames = [commit, author, digest, job, manifest, result, attempt]

    /// Keeps a run that a time-to-live removes until its end has been seen.
    static let finalizer = "tfjob-admin/seen"

    /// Which objects are this installation's, of one cluster id.
    static func selector(installation name: String, cluster id: String) -> String {
        "\(managedBy)=\(manager),\(installation)=\(name),\(cluster)=\(id)"
    }

    static func labels(of run: RunID, installation name: String) -> [String: String] {
        [
            managedBy: manager,
            installation: name,
            cluster: run.key.cluster,
            partition: run.key.partition,
            id: run.key.id,
            self.run: String(run.number),
        ]
    }
}

extension RunID {
    /// The run that an object's labels name; nil where they name none.
    init?(labels: [String: String]?) {
        guard let labels, let cluster = labels[Marks.cluster], let partition = labels[Marks.partition],
            let id = labels[Marks.id], let number = labels[Marks.run].flatMap({ Int($0) })
        else { return nil }
        self.init(key: JobKey(cluster: cluster, partition: partition, id: id), number: number)
    }
}
