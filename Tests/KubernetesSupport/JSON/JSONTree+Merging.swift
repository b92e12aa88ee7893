import Foundation

extension JSONTree {
    /// Applies a JSON merge patch: objects are merged, null removes, all else replaces.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7396#section-2>.
    func merged(with patch: JSONTree) -> JSONTree {
        guard case .object(let changes) = patch else { return patch }
        var members = members
        for (name, change) in changes {
            members[name] = change.isNull ? nil : (members[name] ?? .null).merged(with: change)
        }
        return .object(members)
    }

    /// Applies a JSON patch.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc6902#section-4>; `copy` and `move` are left out.
    ///
    /// - Returns: nil where an operation does not apply.
    func patched(by operations: [JSONTree]) -> JSONTree? {
        var result = self
        for operation in operations {
            let path = operation.path.text?.split(separator: "/", omittingEmptySubsequences: false).dropFirst() ?? []
            let steps = path.map {
                $0.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
            }
            guard let kind = operation.op.text, result.change(kind, steps[...], operation.value) else { return nil }
        }
        return result
    }

    private mutating func change(_ kind: String, _ steps: ArraySlice<String>, _ value: JSONTree) -> Bool {
        guard let step = steps.first else {
            if kind == "test" { return self == value }
            self = value
            return true
        }
        let rest = steps.dropFirst()
        switch self {
        case .object(var members):
            guard rest.isEmpty else {
                guard var child = members[step], child.change(kind, rest, value) else { return false }
                members[step] = child
                self = .object(members)
                return true
            }
            if kind == "test" { return members[step] == value }
            guard kind == "add" || members[step] != nil else { return false }
            members[step] = kind == "remove" ? nil : value
            self = .object(members)
        case .array(var elements):
            let index = step == "-" ? elements.count : Int(step) ?? -1
            guard (0...elements.count).contains(index) else { return false }
            if rest.isEmpty, kind == "add" {
                elements.insert(value, at: index)
            } else {
                guard index < elements.count else { return false }
                if !rest.isEmpty {
                    guard elements[index].change(kind, rest, value) else { return false }
                } else if kind == "test" {
                    return elements[index] == value
                } else if kind == "remove" {
                    elements.remove(at: index)
                } else {
                    elements[index] = value
                }
            }
            self = .array(elements)
        default: return false
        }
        return true
    }
}
