import Jobs

/// The allowed values of a key: the one definition behind both the reader and the schema.
protocol Shape<Value>: Sendable {
    associatedtype Value

    /// Reads the value at a token.
    ///
    /// - Returns: nil if the value can't be used. The reader then has the error.
    func readValue(_ token: Int, _ reader: inout Reader) -> Value?

    /// The JSON Schema of the canonical spellings.
    var schema: JSONNode { get }
}

/// A value and its place in the file.
struct Entry<Value: Sendable>: Sendable {
    let token: Int
    /// Nil if the value can't be used.
    let value: Value?
}

/// An object with known keys.
struct ObjectShape<Value: EmptyDraft>: Shape {
    let table: FieldTable<Value>

    func readValue(_ token: Int, _ reader: inout Reader) -> Value? {
        guard reader.tape.kind(token) == .object else {
            reader.refuse(token, wanted: "an object, { … }")
            return nil
        }
        var draft = Value()
        table.readObject(token, &reader, into: &draft)
        return draft
    }

    var schema: JSONNode { table.schema }
}

/// The target of reading an object; it begins empty.
protocol EmptyDraft: Sendable {
    init()
}

/// One of a few words.
struct ChoiceShape<Value: RawRepresentable<String> & CaseIterable & Sendable>: Shape {
    /// Whether a word in another case is accepted with a warning.
    let ignoresCase: Bool
    private let choices: [(word: Keyword, value: Value)]

    init(_ type: Value.Type, ignoresCase: Bool = false) {
        self.ignoresCase = ignoresCase
        choices = type.allCases.map { (Keyword($0.rawValue), $0) }
    }

    func readValue(_ token: Int, _ reader: inout Reader) -> Value? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: wanted)
            return nil
        }
        let text = KeywordProbe(reader.tape.value(token))
        if let choice = choices.first(where: { text.matches($0.word) }) {
            return choice.value
        }
        let word = reader.tape.text(token)
        guard let similar = choices.first(where: { Self.isAlike($0.word.text, word) }) else {
            let suggestion = Suggestion.closest(to: word, among: choices.map(\.word.text)).map {
                "; did you mean \"\($0)\"?"
            }
            reader.error(at: token, "\(reader.shown(token)) is not known here: write \(wanted)\(suggestion ?? "")")
            return nil
        }
        guard ignoresCase else {
            reader.error(at: token, "\(reader.shown(token)) is not known here: did you mean \"\(similar.word.text)\"?")
            return nil
        }
        reader.warn(
            at: token,
            "\(reader.shown(token)) is read as \"\(similar.word.text)\": write \"\(similar.word.text)\""
        )
        return similar.value
    }

    /// Whether two words differ only in the case of their letters.
    private static func isAlike(_ known: String, _ written: String) -> Bool {
        // Never compared by canonical equivalence, which takes time in the square of a long word's combining marks.
        written.utf8.count == known.utf8.count && written.lowercased() == known.lowercased()
    }

    private var wanted: String {
        let words = choices.map { "\"\($0.word.text)\"" }
        return words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }

    var schema: JSONNode { ["type": "string", "enum": .list(choices.map { .string($0.word.text) })] }
}

/// `true` or `false`.
struct FlagShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> Bool? {
        switch reader.tape.kind(token) {
        case .yes: return true
        case .no: return false
        case .object, .array, .string, .escapedString, .number, .null:
            reader.refuse(token, wanted: "true or false, without quotes")
            return nil
        }
    }

    var schema: JSONNode { ["type": "boolean"] }
}

/// A value that the service writes and the reader ignores. Only repeated keys in it are errors.
struct IgnoredShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> Bool? {
        reader.refuseRepeats(below: token)
        return true
    }

    var schema: JSONNode { ["readOnly": true] }
}
