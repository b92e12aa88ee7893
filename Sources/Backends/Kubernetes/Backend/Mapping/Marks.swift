import Foundation
import Jobs

/// The labels and annotations that identify and describe our objects.
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

    /// The commit that last changed the job file.
    static let commit = "tfjob-admin/commit"
    /// The commit whose tree the run uses; absent on objects of versions that took the code from ``commit``.
    static let runCommit = "tfjob-admin/run-commit"
    static let author = "tfjob-admin/author"
    static let path = "tfjob-admin/path"
    static let digest = "tfjob-admin/digest"
    /// The job in its canonical form, for a service that has lost its journal.
    static let job = "tfjob-admin/job"
    /// A digest of what we wrote. It distinguishes changes by others from changes of our own settings.
    static let manifest = "tfjob-admin/manifest"
    /// The attempt of a run: a label with the number on pods and Jobs, an annotation with an ``Attempt`` on the anchor.
    static let attempt = "tfjob-admin/restart-attempt"
    /// The ``DefaultsVersion`` that the run started with; absent for the first one.
    static let defaults = "tfjob-admin/defaults"
    /// How a run of Indexed Jobs ended; a TFJob has it in its status.
    static let result = "tfjob-admin/result"

    /// The labels that say whose object it is, and of which run.
    static let identityNames = [managedBy, installation, cluster, partition, id, run]
    /// All labels that are read.
    static let labelNames = [managedBy, installation, cluster, partition, id, run, replicaType, attempt]
    /// All annotations that are read.
    static let annotationNames = [commit, runCommit, author, digest, job, manifest, defaults, result, attempt]

    /// Keeps a run that its time-to-live deletes until its end was observed.
    static let finalizer = "tfjob-admin/seen"

    /// A selector for the objects of an installation and cluster id.
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
    /// The run that an object's labels name; nil if they name none.
    init?(labels: [String: String]?) {
        guard let labels, let cluster = labels[Marks.cluster], let partition = labels[Marks.partition],
            let id = labels[Marks.id], let number = labels[Marks.run].flatMap({ Int($0) })
        else { return nil }
        self.init(key: JobKey(cluster: cluster, partition: partition, id: id), number: number)
    }
}

/// Names of objects. They depend only on the job's id, so that the same call creates the same object.
enum ObjectName {
    /// The name of a job's anchor: the id, or `j-` and the id if that starts with a digit, because Services and TFJobs need a
    /// DNS-1035 label.
    ///
    /// An id that looks like such a name gets the prefix too, so no two ids have the same name. The longest name has 49
    /// characters, which leaves room for the 14 of `-evaluator-999` in the 63 of a label.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names>.
    static func of(_ id: String) -> String {
        var rest = Substring(id)
        while rest.hasPrefix("j-") {
            rest = rest.dropFirst(2)
        }
        return rest.first?.isNumber == true ? "j-\(id)" : id
    }

    /// The name of a replica group's Indexed Job.
    static func job(_ id: String, _ type: ReplicaType) -> String { "\(of(id))-\(type.rawValue)" }
}

/// Values that are stored in annotations as JSON.
enum AnnotationText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Decodes a value; nil if somebody changed the text so that it can't be decoded.
    static func decode<Value: Decodable>(_ text: String, as type: Value.Type) -> Value? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(type, from: Data(text.utf8))
    }
}
