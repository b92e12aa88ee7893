import Jobs

extension String {
    /// As it stands in a sentence for the client: in quotes, nothing in it that a terminal obeys, and not at any length.
    var quoted: String {
        let longest = 80
        let shown = PlainText.line(unicodeScalars.prefix(longest).map(\.visible).joined())
        return unicodeScalars.count > longest ? "\"\(shown)…\"" : "\"\(shown)\""
    }
}

extension Unicode.Scalar {
    /// Itself, or its number where it would not be seen or would turn the text around.
    fileprivate var visible: String {
        isPlain ? String(Character(self)) : "\\u{\(String(value, radix: 16, uppercase: true))}"
    }
}
