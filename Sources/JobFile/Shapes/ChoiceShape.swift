import Jobs

/// One of a few words.
struct ChoiceShape<Value: RawRepresentable<String> & CaseIterable & Sendable>: Shape {
    /// Whether a word in another case is taken, with a warning.
    let ignoresCase: Bool
    private let choices: [(word: Keyword, value: Value)]

    init(_ type: Value.Type, ignoresCase: Bool = false) {
        self.ignoresCase = ignoresCase
        choices = type.allCases.map { (Keyword($0.rawValue), $0) }
    }

    func read(_ token: Int, _ reader: inout Reader) -> Value? {
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

    /// Whether a word is another but for the case of its letters.
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
