import Yams

/// Takes values out of a YAML document and gathers what is wrong, each fault at its place.
struct SettingsReader {
    let path: String
    private(set) var faults: [String] = []

    init(path: String) {
        self.path = path
    }

    mutating func fault(_ node: Node, _ message: String) {
        let place = node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
        faults.append("\(place): \(message)")
    }

    /// The values of a mapping by key.
    ///
    /// - Parameters:
    ///   - node: the mapping.
    ///   - place: its own key, for messages; empty for the document.
    ///   - known: the keys that it may have.
    ///   - later: keys that are right and that this version can't honour.
    mutating func mapping(_ node: Node, at place: String, known: Set<String>, later: Set<String> = []) -> [String: Node]
    {
        let prefix = place.isEmpty ? "" : "\(place)."
        var values: [String: Node] = [:]
        for (key, value) in entries(
            node,
            at: place,
            keyNode: { key, keyNode, reader in
                if later.contains(key) {
                    reader.fault(
                        keyNode,
                        "\(prefix)\(key) is not supported by this version; leave it out, or run a newer one"
                    )
                } else if !known.contains(key) {
                    reader.fault(
                        keyNode,
                        "\(prefix)\(key) is not known; known are \(known.union(later).sorted().joined(separator: ", "))"
                    )
                }
            }
        ) where known.contains(key) {
            values[key] = value
        }
        return values
    }

    /// The keys and values of a mapping whose keys are names of the user's own.
    mutating func entries(
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

    /// The texts of a sequence that has at least one.
    mutating func strings(_ node: Node, at place: String) -> [String] {
        elements(node, at: place).compactMap { string($0, at: place) }
    }

    /// The elements of a sequence that has at least one: what an empty one is to mean is not to be guessed.
    mutating func elements(_ node: Node, at place: String) -> [Node] {
        guard let elements = node.sequence, !elements.isEmpty else {
            fault(node, "\(place) must be a list of one element or more; write [a, b], or leave it out")
            return []
        }
        return Array(elements)
    }

    /// The text of a scalar, as it is written.
    mutating func string(_ node: Node, at place: String) -> String? {
        guard let text = node.scalar?.string else {
            fault(node, "\(place) must be a single value")
            return nil
        }
        return text
    }
}
