public import Jobs
public import Yams

/// Reads values of a YAML document and collects the faults with their positions.
public struct SettingsReader {
    /// The path of the file, for messages.
    public let path: String
    /// The errors, each in the form `file:line:column: message`.
    public private(set) var faults: [String] = []
    /// The warnings about keys without an effect, in the same form.
    public private(set) var warnings: [String] = []

    /// Creates a reader without faults and warnings.
    public init(path: String) {
        self.path = path
    }

    /// Adds a fault. The service does not start with a fault.
    public mutating func fault(_ node: Node, _ message: String) {
        faults.append("\(place(of: node)): \(message)")
    }

    /// Adds a warning. The service starts and logs it.
    public mutating func warn(_ node: Node, _ message: String) {
        warnings.append("\(place(of: node)): \(message)")
    }

    /// The position of a node as `file:line:column`.
    public func place(of node: Node) -> String {
        node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
    }

    /// Returns the values of a mapping by key.
    ///
    /// - Parameters:
    ///   - node: the mapping.
    ///   - place: the key of the mapping for messages. Empty for the document.
    ///   - known: the allowed keys.
    public mutating func mapping(_ node: Node, at place: String, known: Set<String>) -> [String: Node] {
        let prefix = place.isEmpty ? "" : "\(place)."
        var values: [String: Node] = [:]
        for (key, value) in entries(
            node,
            at: place,
            keyNode: { key, keyNode, reader in
                if !known.contains(key) {
                    reader.fault(
                        keyNode,
                        "\(prefix)\(key) is not known; known are \(known.sorted().joined(separator: ", "))"
                    )
                }
            }
        ) where known.contains(key) {
            values[key] = value
        }
        return values
    }

    /// Returns the keys and values of a mapping whose keys the user chooses.
    public mutating func entries(
        _ node: Node,
        at place: String,
        keyNode check: (String, Node, inout SettingsReader) -> Void = { _, _, _ in }
    ) -> [(key: String, value: Node)] {
        guard let mapping = node.mapping else {
            if node.scalar?.string != "" {
                fault(node, "\(place.isEmpty ? "the configuration" : place) must be a mapping of keys to values")
            }
            return []
        }
        var found: [(key: String, value: Node)] = []
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string else {
                fault(keyNode, "a key must be a plain word")
                continue
            }
            check(key, keyNode, &self)
            found.append((key, value))
        }
        return found
    }

    /// Returns the strings of a sequence, which must not be empty.
    public mutating func strings(_ node: Node, at place: String) -> [String] {
        elements(node, at: place).compactMap { string($0, at: place) }
    }

    /// Returns the elements of a sequence. An empty sequence is a fault, because its meaning would be unclear.
    public mutating func elements(_ node: Node, at place: String) -> [Node] {
        guard let elements = node.sequence, !elements.isEmpty else {
            fault(node, "\(place) must be a list of one element or more; write [a, b], or leave it out")
            return []
        }
        return Array(elements)
    }

    /// Returns the text of a scalar that names a file or an address, and so is no number and no truth value.
    ///
    /// - Parameter example: what to write instead.
    public mutating func path(_ node: Node, at place: String, example: String) -> String? {
        guard let text = string(node, at: place) else { return nil }
        let isPlain = node.scalar.map { $0.style == .plain || $0.style == .any } ?? false
        let isWord = ["", "~", "null", "true", "false", "yes", "no"].contains(text)
        guard text.isEmpty || isPlain && (isWord || Double(text) != nil) else { return text }
        fault(node, "\(place): \(text.isEmpty ? "an empty text" : text) is not a path; write \(example)")
        return nil
    }

    /// Returns the text of a scalar as it is written.
    public mutating func string(_ node: Node, at place: String) -> String? {
        guard let text = node.scalar?.string else {
            fault(node, "\(place) must be a single value")
            return nil
        }
        return text
    }
}

/// Converts a part of the configuration that the service passes on unchanged.
public enum YAMLValue {
    /// Converts YAML to JSON. Only scalars without quotes can be a number, true, false or null.
    public static func read(_ node: Node, at place: String, with reader: inout SettingsReader) -> JSONValue {
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
