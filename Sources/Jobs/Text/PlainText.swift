/// Untrusted text as it may stand in a line for people: on a terminal, in the output of a hook, or in a log.
///
/// Control characters, marks of direction and all else that formats or can't be seen are escaped (``Unicode/Scalar/isPlain``).
/// Build systems obey lines of a program's output too: a text can't become one of their commands.
public enum PlainText {
    /// The text in double quotes, on one line; quotes and backslashes in it are escaped.
    public static func quoted(_ text: String) -> String {
        "\"" + withoutCommands(text.unicodeScalars.reduce(into: "") { $0 += escaped($1) }) + "\""
    }

    /// The text without quotes, on one line; what is harmless stays as it is.
    public static func line(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isHarmless) else { return text }
        let visible = text.unicodeScalars.reduce(into: "") {
            $0 += $1 == "\"" || $1 == "\\" ? String(Character($1)) : escaped($1)
        }
        return withoutCommands(visible)
    }

    /// Printable ASCII that begins no command of a build system.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "#")
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        default: scalar.isPlain ? String(Character(scalar)) : "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    /// Takes the meaning from `::command::` at the beginning of a line and from `##[command]` anywhere, also `##vso[command]`.
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
            result += "\\u{3a}".unicodeScalars
            rest = rest[blanks.endIndex...].dropFirst()
        }
        while let sign = rest.firstIndex(of: "#") {
            result += rest[...sign]
            rest = rest[rest.index(after: sign)...]
            let word = rest.dropFirst().prefix { $0.isASCII && $0.properties.isAlphabetic }
            guard rest.first == "#", rest[word.endIndex...].first == "[" else { continue }
            result += "\\u{23}".unicodeScalars
            rest = rest.dropFirst()
        }
        return String(result + rest)
    }
}
