/// An object of a cluster, as far as it is read.
protocol ClusterObject: Decodable, Sendable {
    var metadata: ObjectMetadata { get }
}

/// Any object, read for who it is alone.
struct IdentifiedObject: ClusterObject {
    var metadata: ObjectMetadata
}

/// What every object has.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>.
struct ObjectMetadata: Decodable, Sendable, Equatable {
    var name: String
    var namespace: String?
    var uid: String
    var resourceVersion: String
    /// Counts the changes of what is wanted, not those of the status.
    var generation: Int?
    var labels: [String: String]?
    var annotations: [String: String]?
    var finalizers: [String]?
    /// Set once the object is being deleted.
    var deletionTimestamp: String?

    private enum Key: String, CodingKey {
        case name, namespace, uid, resourceVersion, generation, labels, annotations, finalizers, deletionTimestamp
    }

    /// Of labels and annotations it keeps those that are ever asked for: there may be many objects, and each has others too.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace)
        uid = try container.decode(String.self, forKey: .uid)
        resourceVersion = try container.decode(String.self, forKey: .resourceVersion)
        generation = try container.decodeIfPresent(Int.self, forKey: .generation)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels).map {
            Self.selection(of: $0, Marks.labelNames + PodShape.indexNames)
        }
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations).map {
            Self.selection(of: $0, Marks.annotationNames + PodShape.indexNames)
        }
        finalizers = try container.decodeIfPresent([String].self, forKey: .finalizers)
        deletionTimestamp = try container.decodeIfPresent(String.self, forKey: .deletionTimestamp)
    }

    /// Under the names of the list itself, so that no object holds a copy of them.
    private static func selection(of all: [String: String], _ names: [String]) -> [String: String] {
        var selection: [String: String] = [:]
        for name in names {
            selection[name] = all[name]
        }
        return selection
    }

    /// Namespace and name, under which there is one object of a kind at a time.
    var place: String { "\(namespace ?? "")/\(name)" }

    /// Whether this says nothing newer than another state of the object does.
    ///
    /// Source: versions are numbers that grow, <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>; where they are
    /// not, the later report is believed.
    func isOlder(than other: ObjectMetadata) -> Bool {
        guard let version = UInt64(resourceVersion), let known = UInt64(other.resourceVersion) else { return false }
        return version < known
    }
}
