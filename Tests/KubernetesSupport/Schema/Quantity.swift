/// Amounts of CPU and memory, as texts.
enum Quantity {
    /// As the published schema of TFJob has it.
    static let pattern =
        #"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"#

    private static let suffixes: Set<Substring> = [
        "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E",
    ]

    /// Whether a text is one; by hand, because a regular expression is slow for thousands of objects.
    static func isOne(_ text: String) -> Bool {
        var rest = text[...]
        guard dropNumber(&rest) else { return false }
        if suffixes.contains(rest) { return true }
        guard rest.first == "e" || rest.first == "E" else { return false }
        rest.removeFirst()
        return dropNumber(&rest) && rest.isEmpty
    }

    private static func dropNumber(_ rest: inout Substring) -> Bool {
        if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest.removeFirst(whole.count)
        guard rest.first == "." else { return !whole.isEmpty }
        rest.removeFirst()
        let fraction = rest.prefix { $0.isASCII && $0.isNumber }
        rest.removeFirst(fraction.count)
        return !whole.isEmpty || !fraction.isEmpty
    }
}
