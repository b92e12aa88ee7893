/// One step into an object.
///
/// Source: `PathElement`, <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/fieldpath/element.go>, and its text form,
/// <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/fieldpath/serialize-pe.go>.
enum PathElement: Hashable, Sendable {
    /// A member of an object or map.
    case field(String)
    /// An element of a list, known by some of its members.
    case key(JSONTree)
    /// An element of a set, known by its value.
    case value(JSONTree)
    /// The object itself that the steps before lead to.
    case itself

    /// As `fieldsV1` writes it.
    var name: String {
        switch self {
        case .field(let name): "f:\(name)"
        case .key(let members): "k:\(members.json)"
        case .value(let value): "v:\(value.json)"
        case .itself: "."
        }
    }

    /// Reads what ``name`` writes.
    init?(_ name: String) {
        if name == "." {
            self = .itself
            return
        }
        let rest = String(name.dropFirst(2))
        switch name.prefix(2) {
        case "f:": self = .field(rest)
        case "k:":
            guard let members = try? JSONTree(json: rest) else { return nil }
            self = .key(members)
        case "v:":
            guard let value = try? JSONTree(json: rest) else { return nil }
            self = .value(value)
        default: return nil
        }
    }
}

typealias FieldPath = [PathElement]

extension [PathElement] {
    /// As a conflict names it: `.spec.template.spec.containers[name="a"].image`.
    var sentence: String {
        map { element in
            switch element {
            case .field(let name): ".\(name)"
            case .key(let members):
                "["
                    + members.members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.json)" }
                    .joined(separator: ",") + "]"
            case .value(let value): "[=\(value.json)]"
            case .itself: ""
            }
        }.joined()
    }
}

/// The fields that somebody owns.
typealias FieldSet = Set<FieldPath>

extension Set<FieldPath> {
    /// As `managedFields[].fieldsV1` has it.
    var fieldsV1: JSONTree {
        var root: JSONTree = [:]
        for path in self { Self.insert(path[...], into: &root) }
        return root
    }

    private static func insert(_ path: ArraySlice<PathElement>, into node: inout JSONTree) {
        guard let first = path.first else { return }
        var child = node[first.name] ?? [:]
        insert(path.dropFirst(), into: &child)
        node[first.name] = child
    }

    /// Reads ``fieldsV1``: what has nothing below it is owned.
    init(fieldsV1: JSONTree) {
        self = []
        collect(fieldsV1, at: [])
    }

    private mutating func collect(_ node: JSONTree, at path: FieldPath) {
        for (name, child) in node.members {
            guard let element = PathElement(name) else { continue }
            if child.members.isEmpty {
                insert(path + [element])
            } else {
                collect(child, at: path + [element])
            }
        }
    }
}
