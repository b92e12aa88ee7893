/// A name in which each `*` stands for any characters, or none; every other byte stands for itself.
public struct Pattern: Sendable, Equatable, ExpressibleByStringLiteral {
    private let parts: [ArraySlice<UInt8>]

    /// Takes any text.
    public init(_ text: String) {
        parts = Array(text.utf8).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    }

    /// Takes any text.
    public init(stringLiteral text: String) { self.init(text) }

    /// Compares bytes: of two names that only look the same, one is somebody else's.
    ///
    /// Finds the parts one after another, the first that fits each time: there is nothing to go back for.
    func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else {
            return name[...] == parts.first ?? []
        }
        guard name.starts(with: first) else { return false }
        var rest = name.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.count >= last.count && rest.suffix(last.count) == last
    }
}
