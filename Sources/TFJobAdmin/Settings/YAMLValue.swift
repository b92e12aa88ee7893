import Jobs
import Yams

/// A part of the configuration that is handed on as it is.
enum YAMLValue {
    /// The same as JSON. Only what is written without quotes can be a number, true, false or null.
    static func read(_ node: Node, at place: String, with reader: inout SettingsReader) -> JSONValue {
        if let mapping = node.mapping {
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    reader.fault(key, "\(place): a key must be a plain word")
                    continue
                }
                members[name] = read(value, at: "\(place).\(name)", with: &reader)
            }
            return .object(members)
        }
        if let sequence = node.sequence {
            return .array(sequence.map { read($0, at: place, with: &reader) })
        }
        guard let scalar = node.scalar else {
            reader.fault(node, "\(place) can't be read")
            return .null
        }
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "true": return true
        case "false": return false
        case "", "~", "null": return .null
        default: return Int(scalar.string).map { .integer($0) } ?? .string(scalar.string)
        }
    }
}
