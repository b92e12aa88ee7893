/// Which objects a list or a watch is of.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#list-and-watch-filtering>,
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>.
struct Selector: Sendable {
    private enum Requirement: Sendable {
        case exists(String)
        case absent(String)
        case among(String, Set<String>)
        /// Also where there is no such label.
        case notAmong(String, Set<String>)
    }

    private var labels: [Requirement] = []
    private var fields: [(path: [String], value: String, isEqual: Bool)] = []

    /// Whether it takes all.
    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    init() {}

    /// Reads the query's `labelSelector` and `fieldSelector`.
    init(labels: String, fields: String, of resource: Resource) throws(APIError) {
        for part in Self.split(labels) {
            self.labels.append(try Self.requirement(part))
        }
        for part in fields.split(separator: ",") {
            guard let (name, value, isEqual) = Self.comparison(part) else {
                throw .badRequest("invalid selector: '\(part)'; can't understand '\(part)'")
            }
            guard Self.selectableFields(of: resource).contains(name) else {
                throw .badRequest("field label not supported: \(name)")
            }
            self.fields.append((name.split(separator: ".").map(String.init), value, isEqual))
        }
    }

    /// A custom resource has name and namespace alone.
    private static func selectableFields(of resource: Resource) -> Set<String> {
        let common: Set = ["metadata.name", "metadata.namespace"]
        return switch resource.qualifiedName {
        case "pods":
            common.union([
                "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
                "status.podIP",
            ])
        case "events":
            common.union([
                "involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid",
                "reason",
                "type",
            ])
        case "jobs.batch": common.union(["status.successful"])
        case "namespaces": ["metadata.name", "status.phase"]
        case "secrets": common.union(["type"])
        default: common
        }
    }

    private static func requirement(_ text: Substring) throws(APIError) -> Requirement {
        if let match = text.wholeMatch(of: /\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*/) {
            let values = Set(match.3.split(separator: ",").map { String($0.filter { $0 != " " }) })
            return match.2 == "in" ? .among(String(match.1), values) : .notAmong(String(match.1), values)
        }
        if let (name, value, isEqual) = comparison(text) {
            return isEqual ? .among(name, [value]) : .notAmong(name, [value])
        }
        let name = text.filter { $0 != " " }
        let bare = name.hasPrefix("!") ? String(name.dropFirst()) : name
        guard Names.faultOfQualifiedName(bare) == nil else {
            throw .badRequest("unable to parse requirement: <nil>: Invalid value: \"\(text)\"")
        }
        return name.hasPrefix("!") ? .absent(bare) : .exists(bare)
    }

    private static func comparison(_ text: Substring) -> (name: String, value: String, isEqual: Bool)? {
        for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            if let range = text.firstRange(of: sign) {
                let name = text[..<range.lowerBound].filter { $0 != " " }
                let value = text[range.upperBound...].filter { $0 != " " }
                return (name, value, isEqual)
            }
        }
        return nil
    }

    /// Commas part requirements, but not within parentheses.
    private static func split(_ text: String) -> [Substring] {
        var depth = 0
        return text.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "," && depth == 0
        }
    }

    /// Whether an object is among the chosen.
    func matches(_ object: JSONTree) -> Bool {
        labels.isEmpty && fields.isEmpty || matchesLabels(object.metadata.labels) && matchesFields(object)
    }

    private func matchesLabels(_ own: JSONTree) -> Bool {
        labels.allSatisfy { requirement in
            switch requirement {
            case .exists(let name): own[name] != nil
            case .absent(let name): own[name] == nil
            case .among(let name, let values): own[name]?.text.map(values.contains) ?? false
            case .notAmong(let name, let values): own[name]?.text.map { !values.contains($0) } ?? true
            }
        }
    }

    private func matchesFields(_ object: JSONTree) -> Bool {
        fields.allSatisfy { path, value, isEqual in
            let field = path.reduce(object) { $0[$1] ?? .null }
            return ((field.text ?? "") == value) == isEqual
        }
    }
}
