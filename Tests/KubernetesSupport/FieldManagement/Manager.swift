/// Who owns fields of an object, one entry of `metadata.managedFields`.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>.
struct Manager: Sendable, Hashable {
    enum Operation: String, Sendable {
        case apply = "Apply"
        case update = "Update"
    }

    let name: String
    let operation: Operation
    let apiVersion: String
    /// `status`, or empty.
    let subresource: String
    var fields: FieldSet
    /// RFC 3339.
    var time: String

    /// Whether an entry is of the same owner: what is not compared is what it owns.
    func isSame(as other: Manager) -> Bool {
        name == other.name && operation == other.operation && apiVersion == other.apiVersion
            && subresource == other.subresource
    }

    /// As a conflict names it.
    ///
    /// Source: `printManager`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go>.
    var sentence: String {
        let sub = subresource.isEmpty ? "" : " with subresource \"\(subresource)\""
        return "\"\(name)\"\(sub)" + (operation == .update ? " using \(apiVersion) at \(time)" : "")
    }

    var entry: JSONTree {
        var entry: JSONTree = [
            "manager": .string(name), "operation": .string(operation.rawValue), "apiVersion": .string(apiVersion),
            "time": .string(time), "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
        ]
        if !subresource.isEmpty { entry.subresource = .string(subresource) }
        return entry
    }
}

extension Manager {
    /// Reads `metadata.managedFields`.
    static func read(_ entries: JSONTree) -> [Manager] {
        entries.elements.compactMap { entry in
            guard let name = entry.manager.text, let operation = Operation(rawValue: entry.operation.text ?? "") else {
                return nil
            }
            return Manager(
                name: name,
                operation: operation,
                apiVersion: entry.apiVersion.text ?? "",
                subresource: entry.subresource.text ?? "",
                fields: FieldSet(fieldsV1: entry.fieldsV1),
                time: entry.time.text ?? ""
            )
        }
    }
}
