import Foundation
import Jobs
import KubernetesClient

/// Maps a run to its objects. Pure: the same run and settings give the same objects.
struct RunMapping: Sendable {
    /// The largest canonical job in bytes. Kubernetes limits all annotations of an object to 256 KiB.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/>.
    static let largestJob = 200 << 10

    let settings: KubernetesSettings
    /// The owner of the objects.
    let installation: String
    let id: RunID
    let job: Job
    let commit: String
    /// The commit whose tree the pods use.
    let runCommit: String
    let author: String
    /// The attempt to start. Default: the first.
    var attempt = Attempt.first
    /// The version of the defaults that the run started with. Default: that of new runs.
    var defaults = DefaultsVersion.current
    let namespace: String
    let image: String

    /// - Throws: ``BackendError/refused(_:)`` if the settings don't allow the job, for example because no image fits its runtime.
    init(
        _ id: RunID,
        job: Job,
        commit: String,
        runCommit: String,
        author: String,
        settings: KubernetesSettings,
        installation: String
    ) throws(BackendError) {
        self.id = id
        self.job = job
        self.commit = commit
        self.runCommit = runCommit
        self.author = author
        self.settings = settings
        self.installation = installation
        namespace = try Self.namespace(of: id.key, settings)
        image = try settings.images.image(for: job.runtime, cluster: id.key.cluster)
    }

    /// The namespace of a job's partition.
    static func namespace(of key: JobKey, _ settings: KubernetesSettings) throws(BackendError) -> String {
        let name = try Template.fill(settings.namespace, of: key, setting: "namespace")
        if let fault = JobPath.labelFault(name) {
            throw .refused("clusters.\(key.cluster).namespace: \"\(name)\" \(fault)")
        }
        return name
    }

    /// The location of the object that represents a job's run.
    static func anchor(of key: JobKey, _ settings: KubernetesSettings) throws(BackendError) -> ObjectReference {
        ObjectReference(
            kind: settings.flavor.anchor,
            namespace: try namespace(of: key, settings),
            name: ObjectName.of(key.id)
        )
    }

    /// Returns the objects to create.
    func manifests() throws(BackendError) -> RunManifests {
        do {
            return switch settings.flavor {
            case .tfjob: try tfJob()
            case .job: try indexedJobs()
            }
        } catch let error as BackendError {
            throw error
        } catch {
            throw .refused("the job can't be written as JSON: \(error)")
        }
    }

    var labels: [String: String] { Marks.labels(of: id, installation: installation) }

    /// The annotations of the anchor.
    ///
    /// - Parameter specs: the specs of all objects, for the digest.
    func annotations(_ specs: [JSONValue?]) throws -> [String: String] {
        var annotations = try jobAnnotations()
        annotations[Marks.runCommit] = runCommit
        annotations[Marks.path] = id.key.path
        annotations[Marks.digest] = job.digest
        annotations[Marks.manifest] = try RunManifests.digest(specs)
        annotations[Marks.defaults] = defaults == .replicaScope ? nil : String(defaults.rawValue)
        annotations[Marks.attempt] = attempt == .first ? nil : try AnnotationText.encode(attempt)
        return annotations
    }

    /// The annotations that an in-place change of the job file changes.
    func jobAnnotations() throws(BackendError) -> [String: String] {
        let text = CanonicalJob(job).text
        guard text.utf8.count <= Self.largestJob else {
            throw .refused(
                "the job has \(text.utf8.count) bytes and Kubernetes takes at most \(Self.largestJob) with an object; put data beside clusters/"
            )
        }
        return [Marks.commit: commit, Marks.author: author, Marks.job: text]
    }

    var runPolicy: RunPolicy { job.effectiveRunPolicy }

    var rules: RunRules { RunRules(job, defaults: defaults) }

    /// How many seconds this attempt may take; nil for no limit.
    var deadline: Int? { attempt.activeDeadlineSeconds ?? runPolicy.activeDeadlineSeconds }

    /// The labels of a replica group's Job and pods.
    func labels(of type: ReplicaType) -> [String: String] {
        var labels = self.labels
        labels[Marks.replicaType] = type.rawValue
        labels[Marks.attempt] = rules.restartsTogether ? String(attempt.number) : nil
        return labels
    }

    func reference(_ kind: ResourceKind, _ name: String) -> ObjectReference {
        ObjectReference(kind: kind, namespace: namespace, name: name)
    }

    /// The queue's name for this job.
    func queueName(_ queue: Queue) throws(BackendError) -> String {
        try Template.fill(queue.name, of: id.key, setting: "queue")
    }
}

extension KubernetesSettings.Flavor {
    /// The kind of the object that represents a run.
    var anchor: ResourceKind {
        switch self {
        case .tfjob: .tfJobs
        case .job: .services
        }
    }

    /// All kinds that a run consists of.
    var kinds: [ResourceKind] { self == .job ? [anchor, .jobs, .pods] : [anchor, .pods] }
}
