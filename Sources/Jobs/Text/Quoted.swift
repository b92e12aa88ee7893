/// Text of a file as it may stand in a message: one line, nothing that a terminal obeys, and not too long.
package enum Quoted {
    /// How many scalars of the text are shown.
    package static let longest = 60

    /// The text in double quotes, written as JSON would, its end left out where it is long.
    package static func text(_ text: String) -> String {
        var result = "\""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < longest else { return result + "…\"" }
            result += escaped(scalar)
        }
        return result + "\""
    }

    /// A byte that stands where it should not.
    package static func character(_ byte: UInt8) -> String {
        byte < 0x20 || byte >= 0x7F ? "a control character" : "\"\(Character(Unicode.Scalar(byte)))\""
    }

    /// The text, or its beginning and an ellipsis where it has more bytes than a limit.
    package static func clipped(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        let bytes = Array(text.utf8)
        var end = limit - "…".utf8.count
        while end > 0, bytes[end] & 0xC0 == 0x80 {
            end -= 1
        }
        return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        default: break
        }
        // A blank that is none of the keyboard's looks like one and is another word.
        let isBlank = scalar.properties.generalCategory == .spaceSeparator && scalar != " "
        guard isBlank || !scalar.isPlain else { return String(Character(scalar)) }
        let digits = String(scalar.value, radix: 16)
        return digits.count > 4 ? "\\u{\(digits)}" : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
