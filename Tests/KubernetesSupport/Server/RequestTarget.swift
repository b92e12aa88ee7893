import Foundation

/// What a path names.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>.
struct RequestTarget: Sendable {
    let resource: Resource
    /// Nil: all namespaces, or a resource that has none.
    let namespace: String?
    /// Nil: the collection.
    let name: String?
    /// `status`, `log`, or empty.
    let subresource: String

    /// Reads `/api/v1/…` and `/apis/<group>/<version>/…`.
    ///
    /// - Returns: nil where nothing is at the path.
    init?(_ path: String, among resources: [String: Resource]) {
        var parts = path.split(separator: "/").map { String($0).removingPercentEncoding ?? String($0) }[...]
        guard let root = parts.popFirst() else { return nil }
        let group = root == "api" ? "" : root == "apis" ? parts.popFirst() : nil
        guard let group, let version = parts.popFirst() else { return nil }
        var namespace: String?
        // A namespace is a place for others, and a resource itself.
        if parts.first == "namespaces", parts.count > 2, parts[parts.startIndex + 2] != "status" {
            namespace = parts[parts.startIndex + 1]
            parts = parts.dropFirst(2)
        }
        guard let plural = parts.popFirst(), let resource = resources[group.isEmpty ? plural : "\(plural).\(group)"],
            resource.version == version, namespace == nil || resource.isNamespaced, parts.count <= 2
        else { return nil }
        self.resource = resource
        self.namespace = namespace
        name = parts.popFirst()
        subresource = parts.popFirst() ?? ""
        let known = resource.plural == "pods" ? ["", "status", "log"] : resource.hasStatus ? ["", "status"] : [""]
        guard known.contains(subresource) else { return nil }
        if resource.isNamespaced, name != nil, namespace == nil { return nil }
    }

    /// The key of the object that is named.
    var key: ObjectKey {
        ObjectKey(resource: resource.qualifiedName, namespace: namespace ?? "", name: name ?? "")
    }
}
