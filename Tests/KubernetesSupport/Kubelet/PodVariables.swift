/// The variables of a container, as its process finds them.
struct PodVariables {
    /// In the order of the manifest each may use those before it.
    private(set) var values: [String: String] = [:]

    init(_ container: JSONTree, of pod: JSONTree) {
        for variable in container.env.elements {
            guard let name = variable.name.text else { continue }
            if let field = variable.valueFrom.fieldRef.fieldPath.text {
                values[name] = Self.field(field, of: pod)
            } else if variable.valueFrom.isNull {
                values[name] = expand(variable.value.text ?? "")
            }
        }
    }

    /// Source: <https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-fieldRef>.
    private static func field(_ path: String, of pod: JSONTree) -> String? {
        if let match = path.wholeMatch(of: /metadata\.(labels|annotations)\['(.*)'\]/) {
            return pod.metadata[String(match.1)]?[String(match.2)]?.text ?? ""
        }
        return path.split(separator: ".").reduce(pod) { $0[String($1)] ?? .null }.text
    }

    /// Puts in `$(NAME)`; `$$` is `$`, and what names no variable stays.
    ///
    /// Nothing is looked for within a name: `$(A$(B))` is the name `A$(B`, and then `)`. Source: `Expand` and `tryReadVariableName`,
    /// <https://github.com/kubernetes/kubernetes/blob/fde22c3f9aacfd260225a9741de123a41157b7c0/third_party/forked/golang/expansion/expand.go>.
    func expand(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest.removeFirst()
            } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                result += values[name] ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }
}
