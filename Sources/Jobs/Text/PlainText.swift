/// Untrusted text in a line for people: on a terminal, in the output of a hook, or in a log.
///
/// Control characters, marks of direction and other characters that are not ``Unicode/Scalar/isPlain`` are escaped.
/// Build systems read commands in a program's output; the text can't contain one.
public enum PlainText {
    /// The text in double quotes, on one line; quotes and backslashes in it are escaped.
    public static func quoted(_ text: String) -> String {
        "\"" + withoutCommands(text.unicodeScalars.reduce(into: "") { $0 += $1.escaped(.inQuotes) }) + "\""
    }

    /// The text without quotes, on one line; harmless characters stay as they are.
    public static func line(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isHarmless) else { return text }
        return withoutCommands(text.unicodeScalars.reduce(into: "") { $0 += $1.escaped(.bare) })
    }

    /// Whether the byte is printable ASCII that begins no command of a build system.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "#")
    }

    /// Disarms `::command::` at the beginning of a line, and `##[command]` and `##vso[command]` anywhere.
    ///
    /// The runner reads each line of standard output and standard error:
    /// <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>.
    private static func withoutCommands(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ":")) || text.utf8.contains(UInt8(ascii: "#")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        let blanks = rest.prefix { $0.properties.isWhitespace }
        if rest[blanks.endIndex...].starts(with: "::".unicodeScalars),
            rest[blanks.endIndex...].dropFirst(2).first?.properties.isAlphabetic == true
        {
            result += blanks
            result += Unicode.Scalar(":").numericEscape.unicodeScalars
            rest = rest[blanks.endIndex...].dropFirst()
        }
        while let sign = rest.firstIndex(of: "#") {
            result += rest[...sign]
            rest = rest[rest.index(after: sign)...]
            let word = rest.dropFirst().prefix { $0.isASCII && $0.properties.isAlphabetic }
            guard rest.first == "#", rest[word.endIndex...].first == "[" else { continue }
            result += Unicode.Scalar("#").numericEscape.unicodeScalars
            rest = rest.dropFirst()
        }
        return String(result + rest)
    }
}

/// Text of a file in a message: quoted, on one line, and not too long.
package enum Quoted {
    /// How many scalars of the text are shown.
    package static let longest = 60

    /// The text in double quotes, escaped as in JSON; a long text ends with an ellipsis.
    package static func text(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(longest).reduce(into: "") { $0 += $1.escaped(.inFile) }
        return "\"\(shown)\(text.unicodeScalars.dropFirst(longest).isEmpty ? "" : "…")\""
    }

    /// A single byte that is not allowed at its place.
    package static func character(_ byte: UInt8) -> String {
        byte < 0x20 || byte >= 0x7F ? "a control character" : "\"\(Character(Unicode.Scalar(byte)))\""
    }

    /// The text, or its beginning and an ellipsis if it has more bytes than a limit.
    package static func clipped(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        let bytes = Array(text.utf8)
        var end = limit - "…".utf8.count
        while end > 0, bytes[end] & 0xC0 == 0x80 {
            end -= 1
        }
        return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is visible and changes nothing else: no terminal or browser obeys it, and it turns no text
    /// around.
    ///
    /// Control characters, format characters such as marks of direction, line and paragraph separators, and scalars
    /// without a glyph of their own are not plain. See <https://www.unicode.org/reports/tr44/#General_Category_Values>.
    public var isPlain: Bool {
        if (0x20...0x7E).contains(value) { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    /// Where an escaped scalar is shown.
    fileprivate enum Place {
        /// In a line without quotes around the text.
        case bare
        /// Between double quotes.
        case inQuotes
        /// Between double quotes, as a value of a file: a space that is not U+0020 makes another word, so it is escaped
        /// too.
        case inFile
    }

    fileprivate func escaped(_ place: Place) -> String {
        switch self {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\"", "\\": return place == .bare ? String(Character(self)) : "\\\(Character(self))"
        default: break
        }
        let isOtherSpace = place == .inFile && self != " " && properties.generalCategory == .spaceSeparator
        return isPlain && !isOtherSpace ? String(Character(self)) : numericEscape
    }

    /// `\u001b` as in JSON; `\u{1f600}` for a scalar with more than four digits.
    fileprivate var numericEscape: String {
        let digits = String(value, radix: 16)
        return digits.count > 4 ? "\\u{\(digits)}" : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
