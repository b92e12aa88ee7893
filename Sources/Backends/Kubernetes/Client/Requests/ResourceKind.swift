/// A kind of object, as the API's paths name it.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>.
struct ResourceKind: Hashable, Sendable {
    /// Empty for the core group.
    let group: String
    let version: String
    /// As in paths: `tfjobs`.
    let plural: String
    /// As in objects: `TFJob`.
    let name: String

    static let tfJobs = ResourceKind(group: "kubeflow.org", version: "v1", plural: "tfjobs", name: "TFJob")
    static let jobs = ResourceKind(group: "batch", version: "v1", plural: "jobs", name: "Job")
    static let services = ResourceKind(group: "", version: "v1", plural: "services", name: "Service")
    static let pods = ResourceKind(group: "", version: "v1", plural: "pods", name: "Pod")
    static let namespaces = ResourceKind(group: "", version: "v1", plural: "namespaces", name: "Namespace")

    /// `kubeflow.org/v1`, or `v1` for the core group.
    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of all objects of the kind; nil as the namespace for those of all namespaces, or where the kind has none.
    func path(namespace: String?) -> String {
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        return root + (namespace.map { "/namespaces/\($0)" } ?? "") + "/\(plural)"
    }
}

/// Where one object is.
struct ObjectReference: Hashable, Sendable {
    let kind: ResourceKind
    /// Nil for a kind without namespaces.
    let namespace: String?
    let name: String

    var path: String { "\(kind.path(namespace: namespace))/\(name)" }
}

extension ObjectReference: CustomStringConvertible {
    /// `TFJob team-a/mnist`, for messages.
    var description: String { "\(kind.name) \(namespace.map { "\($0)/" } ?? "")\(name)" }
}
