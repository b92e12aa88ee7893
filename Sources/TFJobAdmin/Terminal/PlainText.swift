import Jobs

/// Text of job files and of servers, made harmless: it does nothing but appear.
enum PlainText {
    /// In quotation marks, with everything escaped that is a quotation mark, a backslash, or not to be seen.
    static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    /// Without quotation marks, on one line.
    static func line(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? String($0) : escaped($0) }.joined()
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        default: scalar.isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
}
