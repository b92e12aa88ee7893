import Jobs

/// Untrusted text as it may stand within a line of markdown, also in a table: <https://github.github.com/gfm/>.
enum MarkdownText {
    /// Prose that is no markup, whatever it holds: no link, no mention, no HTML.
    static func prose(_ text: String) -> String {
        let scalars = Array(PlainText.line(text).unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            switch scalar {
            case "&", "<", ">": result += entity(scalar)
            // Forges look for mentions and references in the page itself, but not in code. A mention sends mail to people.
            case "@" where next.properties.isAlphabetic || isDigit(next): result += "<code>\(entity(scalar))</code>"
            case "#" where isDigit(next): result += "<code>\(entity(scalar))</code>"
            case "@": result += entity(scalar)
            // An address becomes a link by itself.
            case ":" where next == "/": result += entity(scalar)
            case "." where index >= 3 && String(scalars[index - 3..<index]).lowercased() == "www":
                result += entity(scalar)
            case "|", "`", "*", "_", "[", "]", "\\", "~", "#", "$", "!": result += "\\\(scalar)"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Code: in a fence that is longer than any run of back-ticks in it, with bars that end no cell.
    static func code(_ text: some StringProtocol) -> String {
        let text = PlainText.line(String(text))
        // A backslash before a bar would escape the backslash that escapes the bar.
        guard !text.isEmpty, !text.contains("\\|") else { return "<code>\(html(text))</code>" }
        let longest = text.split(omittingEmptySubsequences: true) { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        let space = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return fence + space + text.replacing("|", with: "\\|") + space + fence
    }

    /// Text between two HTML tags: everything that HTML or markdown could obey is a character reference.
    static func html(_ text: String) -> String {
        PlainText.line(text).unicodeScalars.reduce(into: "") { result, scalar in
            let isWord = !scalar.isASCII || scalar.properties.isAlphabetic || isDigit(scalar)
            result += isWord || [" ", "-", "/"].contains(scalar) ? String(Character(scalar)) : entity(scalar)
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func entity(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: "&#\(scalar.value);"
        }
    }
}

extension String {
    fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
        self.init(String.UnicodeScalarView(scalars))
    }
}
