/// A name in which each `*` stands for any characters, or none; every other character stands for itself.
public struct Pattern: Sendable, Equatable, ExpressibleByStringLiteral {
    private let parts: [Substring]

    /// Takes any text.
    public init(_ text: String) {
        parts = text.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// Takes any text.
    public init(stringLiteral text: String) { self.init(text) }

    /// Finds the parts one after another, the first that fits each time: there is nothing to go back for.
    func matches(_ name: String) -> Bool {
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return name == parts.first ?? "" }
        guard name.hasPrefix(first) else { return false }
        var rest = name.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
