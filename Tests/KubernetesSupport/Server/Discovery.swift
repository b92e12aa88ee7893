/// What the server says it has.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>; the unaggregated form.
struct Discovery: Sendable {
    let resources: [Resource]
    let address: String

    /// The document at a path; nil where there is none.
    func document(at path: String) -> JSONTree? {
        switch path {
        case "/version":
            [
                "major": "1", "minor": "32", "gitVersion": "v1.32.0", "gitCommit": "", "gitTreeState": "clean",
                "buildDate": "2024-12-11T17:59:15Z", "goVersion": "go1.23.3", "compiler": "gc",
                "platform": "linux/amd64",
            ]
        case "/api":
            [
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(address)]],
            ]
        case "/apis":
            ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map { group($0) })]
        default: list(at: path)
        }
    }

    private var groups: [String] { Set(resources.map(\.group)).filter { !$0.isEmpty }.sorted() }

    private func group(_ name: String) -> JSONTree {
        let version: JSONTree = ["groupVersion": .string("\(name)/v1"), "version": "v1"]
        return ["name": .string(name), "versions": [version], "preferredVersion": version]
    }

    private func list(at path: String) -> JSONTree? {
        for name in groups where path == "/apis/\(name)" {
            var document = group(name)
            document.kind = "APIGroup"
            document.apiVersion = "v1"
            return document
        }
        let version: String
        if path == "/api/v1" {
            version = "v1"
        } else if path.hasPrefix("/apis/") {
            version = String(path.dropFirst(6))
        } else {
            return nil
        }
        let known = resources.filter { $0.apiVersion == version }.sorted { $0.plural < $1.plural }
        guard !known.isEmpty else { return nil }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(version),
            "resources": .array(known.flatMap(entries)),
        ]
    }

    private func entries(_ resource: Resource) -> [JSONTree] {
        func entry(_ path: String, _ verbs: [String], shortNames: [String] = []) -> JSONTree {
            var entry: JSONTree = [
                "name": .string(path), "singularName": .string(path.contains("/") ? "" : resource.kind.lowercased()),
                "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                "verbs": .array(verbs.map { .string($0) }),
            ]
            if !shortNames.isEmpty { entry.shortNames = .array(shortNames.map { .string($0) }) }
            return entry
        }
        var entries = [
            entry(
                resource.plural,
                ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
                shortNames: resource.shortNames
            )
        ]
        if resource.hasStatus { entries.append(entry("\(resource.plural)/status", ["get", "patch", "update"])) }
        if resource.plural == "pods" { entries.append(entry("pods/log", ["get"])) }
        return entries
    }
}
