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
