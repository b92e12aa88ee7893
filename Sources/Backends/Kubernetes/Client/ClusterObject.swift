package import Foundation
import Jobs

/// A kind of object, as the API's paths name it.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>.
package struct ResourceKind: Hashable, Sendable {
    /// The API group; empty for the core group.
    let group: String
    let version: String
    /// The name in paths, for example `tfjobs`.
    package let plural: String
    /// The name in objects, for example `TFJob`.
    package let name: String

    package static let tfJobs = ResourceKind(group: "kubeflow.org", version: "v1", plural: "tfjobs", name: "TFJob")
    package static let jobs = ResourceKind(group: "batch", version: "v1", plural: "jobs", name: "Job")
    package static let services = ResourceKind(group: "", version: "v1", plural: "services", name: "Service")
    package static let pods = ResourceKind(group: "", version: "v1", plural: "pods", name: "Pod")
    package static let events = ResourceKind(group: "", version: "v1", plural: "events", name: "Event")
    package static let namespaces = ResourceKind(group: "", version: "v1", plural: "namespaces", name: "Namespace")

    /// `kubeflow.org/v1`, or `v1` for the core group.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of all objects of the kind.
    ///
    /// - Parameter namespace: nil for all namespaces, or if the kind has none.
    func path(namespace: String?) -> String {
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        return root + (namespace.map { "/namespaces/\($0)" } ?? "") + "/\(plural)"
    }
}

/// The location of one object.
package struct ObjectReference: Hashable, Sendable {
    package let kind: ResourceKind
    /// Nil for a kind without namespaces.
    package let namespace: String?
    package let name: String

    package init(kind: ResourceKind, namespace: String?, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    var path: String { "\(kind.path(namespace: namespace))/\(name)" }
}

extension ObjectReference: CustomStringConvertible {
    /// For messages, for example `TFJob team-a/mnist`.
    package var description: String { "\(kind.name) \(namespace.map { "\($0)/" } ?? "")\(name)" }
}

/// An object of a cluster, reduced to the fields that its reader needs.
package protocol ClusterObject: Decodable, Sendable {
    var metadata: ObjectMetadata { get }
}

/// Any object, reduced to its metadata.
package struct IdentifiedObject: ClusterObject {
    package var metadata: ObjectMetadata
}

/// The metadata that every object has.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>.
package struct ObjectMetadata: Decodable, Sendable, Equatable {
    /// An object that this object is deleted with.
    package struct Owner: Decodable, Sendable, Equatable {
        package var kind: String
        package var name: String
        package var uid: String
        /// Whether the owner manages the object; at most one owner does.
        package var controller: Bool?
    }

    package var name: String
    package var namespace: String?
    package var uid: String
    package var resourceVersion: String
    /// Counts changes of the spec, not of the status.
    package var generation: Int?
    package var labels: [String: String]?
    package var annotations: [String: String]?
    package var finalizers: [String]?
    package var ownerReferences: [Owner]?
    /// Set once the object is being deleted.
    package var deletionTimestamp: String?

    /// The uid of the owner that manages the object; nil if there is none.
    package var controller: String? { ownerReferences?.first { $0.controller == true }?.uid }

    /// Drops all labels and annotations but the given ones, to save memory: there may be many objects, with many foreign labels.
    package mutating func keepOnly(labels labelNames: [String], annotations annotationNames: [String]) {
        labels = labels.map { Self.selection(of: $0, labelNames) }
        annotations = annotations.map { Self.selection(of: $0, annotationNames) }
    }

    /// Uses the names of the list as keys, so that the objects share one copy of each name.
    private static func selection(of all: [String: String], _ names: [String]) -> [String: String] {
        var selection: [String: String] = [:]
        for name in names {
            selection[name] = all[name]
        }
        return selection
    }

    /// Whether another state of the object is newer than this one.
    ///
    /// Versions are growing numbers, <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>; if one
    /// isn't a number, the later report wins.
    package func isOlder(than other: ObjectMetadata) -> Bool {
        guard let version = UInt64(resourceVersion), let known = UInt64(other.resourceVersion) else { return false }
        return version < known
    }

    /// Whether this state is newer than a list of that version.
    package func isNewer(thanVersion version: String) -> Bool {
        guard let own = UInt64(resourceVersion), let other = UInt64(version) else { return false }
        return own > other
    }
}

/// Times in the API's format: RFC 3339 with or without fractions of a second.
package enum APITime {
    package static func date(_ text: String) -> Date? {
        Date(rfc3339: text)
    }
}
