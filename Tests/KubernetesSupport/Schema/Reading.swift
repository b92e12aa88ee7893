/// Holds a value against a schema: drops what is unknown, fills in defaults, and lists what is wrong.
struct Reading {
    init(fillsDefaults: Bool = true) {
        self.fillsDefaults = fillsDefaults
    }

    /// One thing that is wrong, as `metav1.StatusCause` has it.
    struct Fault: Sendable {
        let reason: String
        let field: String
        let message: String
    }

    /// Whether absent fields get what their schema says.
    private let fillsDefaults: Bool
    private(set) var faults: [Fault] = []
    /// Dotted paths of fields that no schema knows.
    private(set) var unknown: [String] = []

    /// Reads a value.
    ///
    /// Unknown fields are dropped ("pruned"), null counts as absent, and defaults are filled in:
    /// <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning>,
    /// <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable>.
    mutating func read(_ value: JSONTree, as schema: Schema, at path: String) -> JSONTree {
        if let allowed = schema.allowed, !allowed.contains(value) {
            let words = allowed.map { "\"\($0.text ?? $0.json)\"" }.joined(separator: ", ")
            fault("FieldValueNotSupported", path, "Unsupported value: \(value.json): supported values: \(words)")
            return value
        }
        switch (schema.form, value) {
        case (.anything, _), (.string, .string), (.integer, .integer), (.boolean, .bool), (.integerOrString, .integer),
            (.integerOrString, .string), (.quantity, .integer):
            return value
        case (.quantity, .string(let text)):
            if !Quantity.isOne(text) {
                fault(
                    "FieldValueInvalid",
                    path,
                    "Invalid value: \"\(text)\": \(path) in body should match '\(Quantity.pattern)'"
                )
            }
            return value
        case (.time, .string(let text)):
            if text.wholeMatch(of: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})/) == nil {
                fault(
                    "FieldValueInvalid",
                    path,
                    "Invalid value: \"\(text)\": \(path) in body must be of type date-time"
                )
            }
            return value
        case (.object(let fields, let required), .object(let members)):
            return object(members, fields, required, path)
        case (.map(let element), .object(let members)):
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.filter { !$0.value.isNull }.map { name, value in
                        (name, read(value, as: element, at: "\(path).\(name)"))
                    }
                )
            )
        case (.list(let element, let type), .array(let elements)):
            let values = elements.enumerated().map { read($0.element, as: element, at: "\(path)[\($0.offset)]") }
            checkDuplicates(in: values, type, path)
            return .array(values)
        default:
            fault(
                "FieldValueTypeInvalid",
                path,
                "Invalid value: \(value.typeName.quoted): \(path) in body must be of type \(schema.typeName): \(value.typeName.quoted)"
            )
            return value
        }
    }

    private mutating func object(
        _ members: [String: JSONTree],
        _ fields: [String: Schema],
        _ required: [String],
        _ path: String
    ) -> JSONTree {
        var result: [String: JSONTree] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let field = fields[name] else {
                unknown.append(path.isEmpty ? name : "\(path).\(name)")
                continue
            }
            guard !value.isNull else { continue }
            result[name] = read(value, as: field, at: path.isEmpty ? name : "\(path).\(name)")
        }
        for (name, field) in fields where fillsDefaults && result[name] == nil {
            result[name] = field.fallback
        }
        for name in required where result[name] == nil {
            fault("FieldValueRequired", path.isEmpty ? name : "\(path).\(name)", "Required value")
        }
        return .object(result)
    }

    /// Two elements of one identity are refused, by the types `map` and `set` of a list.
    private mutating func checkDuplicates(in elements: [JSONTree], _ type: Schema.ListType, _ path: String) {
        var seen: Set<JSONTree> = []
        for (index, element) in elements.enumerated() {
            let identity: JSONTree
            switch type {
            case .atomic: return
            case .set: identity = element
            case .keyed(let keys): identity = .object(element.members.filter { keys.contains($0.key) })
            }
            if !seen.insert(identity).inserted {
                fault("FieldValueDuplicate", "\(path)[\(index)]", "Duplicate value: \(identity.json)")
            }
        }
    }

    private mutating func fault(_ reason: String, _ path: String, _ message: String) {
        faults.append(Fault(reason: reason, field: path, message: message))
    }
}

extension String {
    var quoted: String { "\"\(self)\"" }
}

extension JSONTree {
    /// As an OpenAPI schema names it.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .decimal: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension Schema {
    /// As an OpenAPI schema names it.
    var typeName: String {
        switch form {
        case .object, .map: "object"
        case .list: "array"
        case .string, .time: "string"
        case .integer: "integer"
        case .boolean: "boolean"
        case .integerOrString, .quantity: "integer or string"
        case .anything: "any"
        }
    }
}
