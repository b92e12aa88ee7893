import Foundation

/// A field of a job that a commit changes.
public struct FieldChange: Hashable, Sendable, Encodable {
    /// The place in the canonical form as a JSON Pointer (RFC 6901).
    public let pointer: String
    /// The older value; `null` for a new field.
    public let before: JSONValue
    /// The newer value; `null` for a removed field.
    public let after: JSONValue
}

extension Job {
    /// The fields that differ between two definitions of a job, sorted by pointer.
    ///
    /// Lists are compared as a whole, except replica groups of the same types in the same order. A changed variable
    /// with a secret's name is listed with masked values.
    ///
    /// - Parameters:
    ///   - old: nil for a new job.
    ///   - new: nil for a deleted job.
    public static func changes(from old: Job?, to new: Job?) throws -> [FieldChange] {
        var comparison = FieldComparison()
        comparison.compare(try members(of: old), try members(of: new), at: "")
        return comparison.changes.sorted { $0.pointer < $1.pointer }
    }

    private static func members(of job: Job?) throws -> [String: JSONValue] {
        guard let job else { return [:] }
        let document = Data(CanonicalJob(job).text.utf8)
        return try JSONDecoder().decode([String: JSONValue].self, from: document)
    }
}

/// Compares two documents.
private struct FieldComparison {
    private(set) var changes: [FieldChange] = []

    mutating func compare(_ old: [String: JSONValue], _ new: [String: JSONValue], at pointer: String) {
        for name in Set(old.keys).union(new.keys) {
            let escaped = name.replacing("~", with: "~0").replacing("/", with: "~1")
            compare(old[name] ?? .null, new[name] ?? .null, at: "\(pointer)/\(escaped)", name: name)
        }
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue, at pointer: String, name: String) {
        switch (old, new) {
        case _ where old == new: return
        case (.object(let old), .object(let new)):
            compare(old, new, at: pointer)
        case (.array(let old), .array(let new)) where Self.haveSameTypes(old, new):
            for (index, (old, new)) in zip(old, new).enumerated() {
                compare(old, new, at: "\(pointer)/\(index)", name: "")
            }
        case _ where pointer.hasPrefix("/environment/") && Job.namesSecret(name):
            appendChange(pointer, Self.mask(old), Self.mask(new))
        default:
            appendChange(pointer, Self.masked(old, at: pointer), Self.masked(new, at: pointer))
        }
    }

    private mutating func appendChange(_ pointer: String, _ old: JSONValue, _ new: JSONValue) {
        changes.append(FieldChange(pointer: pointer, before: old, after: new))
    }

    /// Whether both lists are replica groups of the same types in the same order.
    private static func haveSameTypes(_ old: [JSONValue], _ new: [JSONValue]) -> Bool {
        func types(_ list: [JSONValue]) -> [JSONValue?] {
            list.map { element in
                guard case .object(let members) = element else { return nil }
                return members["type"]
            }
        }
        return types(old) == types(new) && !types(old).contains(nil)
    }

    private static func mask(_ value: JSONValue) -> JSONValue {
        value == .null ? .null : .string(Job.mask)
    }

    /// Masks the secrets of a whole environment that is added or removed.
    private static func masked(_ value: JSONValue, at pointer: String) -> JSONValue {
        guard pointer == "/environment", case .object(let variables) = value else { return value }
        return .object(
            Dictionary(uniqueKeysWithValues: variables.map { ($0, Job.namesSecret($0) ? mask($1) : $1) })
        )
    }
}
