import Jobs

/// A string for people.
struct TextShape: Shape {
    /// In Unicode scalars.
    let longest: Int
    /// Whether it is a single line, without control characters.
    var isOneLine = false

    func read(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a string, \"…\"")
            return nil
        }
        let text = reader.tape.text(token)
        guard text.utf8.count <= longest || text.unicodeScalars.count <= longest else {
            let count = text.unicodeScalars.count
            reader.error(at: token, "this has \(count) characters: write at most \(longest)")
            return nil
        }
        guard !isOneLine else { return checkedLine(text, token, &reader) }
        return text
    }

    private func checkedLine(_ text: String, _ token: Int, _ reader: inout Reader) -> String? {
        guard !text.isEmpty else {
            reader.error(at: token, "this is empty: write a text, or leave the key out")
            return nil
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            reader.error(at: token, "this has a line break or another control character: write one line of plain text")
            return nil
        }
        return text
    }

    var schema: JSONNode {
        isOneLine
            ? [
                "type": "string", "minLength": 1, "maxLength": .integer(longest),
                "pattern": "^[^\\u0000-\\u001f\\u007f]*$",
            ]
            : ["type": "string", "maxLength": .integer(longest)]
    }
}
