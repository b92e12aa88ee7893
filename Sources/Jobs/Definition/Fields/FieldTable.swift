/// The keys that an object of the job file may have, in the order in which people write them. At most 64.
struct FieldTable<Target>: Sendable {
    /// What the object is called in messages: `a job`, say.
    let title: String
    let fields: [Field<Target>]
    private let spellings: [Spelling]
    /// Of each spelling: numbers are compared without touching the words.
    private let beginnings: [UInt64]

    private struct Spelling: Sendable {
        let word: Keyword
        let field: Int
        let isCanonical: Bool
    }

    init(_ title: String, _ fields: [Field<Target>]) {
        self.title = title
        self.fields = fields
        let spellings = fields.enumerated().flatMap { index, field in
            [Spelling(word: field.name, field: index, isCanonical: true)]
                + field.misspellings.map { Spelling(word: $0, field: index, isCanonical: false) }
        }
        self.spellings = spellings
        beginnings = spellings.map(\.word.beginning)
    }

    /// The canonical names.
    var names: [String] { fields.map(\.name.text) }

    /// Reads an object: each key by its field, and reports those that are unknown, repeated or missing.
    func read(_ object: Int, _ reader: inout Reader, into target: inout Target) {
        var seen: UInt64 = 0
        var key = object + 1
        let end = reader.tape.after(object)
        while key < end {
            let value = key + 1
            let next = reader.tape.after(value)
            if let spelling = spelling(of: key, reader.tape) {
                let bit: UInt64 = 1 << UInt64(spelling.field)
                if seen & bit == 0 {
                    seen |= bit
                    warnIfMisspelled(spelling, at: key, &reader)
                    fields[spelling.field].read(value, &reader, &target)
                } else {
                    refuseRepeat(of: spelling, at: key, in: object, &reader)
                }
            } else {
                refuseUnknown(key, &reader)
            }
            key = next
        }
        for (index, field) in fields.enumerated() where field.isRequired && seen & 1 << UInt64(index) == 0 {
            reader.error(at: object, "\(title) needs the key \"\(field.name.text)\": add it")
        }
    }

    private func spelling(of key: Int, _ tape: Tape) -> Spelling? {
        let probe = KeywordProbe(tape.value(key))
        for (index, beginning) in beginnings.enumerated()
        where beginning == probe.beginning && probe.matches(spellings[index].word) {
            return spellings[index]
        }
        return nil
    }

    private func warnIfMisspelled(_ spelling: Spelling, at key: Int, _ reader: inout Reader) {
        guard !spelling.isCanonical else { return }
        let name = fields[spelling.field].name.text
        reader.warn(at: key, "\"\(spelling.word.text)\" is read as \"\(name)\": write \"\(name)\"")
    }

    private func refuseRepeat(of spelling: Spelling, at key: Int, in object: Int, _ reader: inout Reader) {
        var first = object + 1
        while first < key, self.spelling(of: first, reader.tape)?.field != spelling.field {
            first = reader.tape.after(first + 1)
        }
        let (name, earlier) = (reader.tape.text(key), reader.tape.text(first))
        let canonical = fields[spelling.field].name.text
        reader.error(
            at: key,
            name == earlier
                ? "the key \"\(name)\" is written twice in this object: leave one out"
                : "\"\(earlier)\" and \"\(name)\" are one key: write \"\(canonical)\" alone"
        )
        reader.refuseRepeats(inValueOf: key)
    }

    private func refuseUnknown(_ key: Int, _ reader: inout Reader) {
        reader.error(at: key, reader.findings.isFull ? "" : adviceForUnknown(reader.tape.text(key)))
        reader.refuseRepeats(inValueOf: key)
    }

    private func adviceForUnknown(_ name: String) -> String {
        let fault = "the key \(Quoted.text(name)) is not known in \(title)"
        if let close = Suggestion.closest(to: name, among: names) {
            return fault + ": did you mean \"\(close)\"?"
        }
        if let place = KeyPlaces.place(of: name) {
            return fault + ": it belongs in \(place)"
        }
        // All keys of a job would be too many to read.
        return fault + ": leave it out" + (names.count > 12 ? "" : "; known are \(names.joined(separator: ", "))")
    }

    /// The JSON Schema of the object, without what its keys have to do with each other.
    var schema: JSONNode {
        let required = fields.filter(\.isRequired).map { JSONNode.string($0.name.text) }
        return
            ([
                "type": "object",
                "additionalProperties": false,
                "properties": .object(fields.map { .init(name: $0.name.text, value: $0.schema) }),
            ] as JSONNode).adding(required.isEmpty ? [] : [.init(name: "required", value: .list(required))])
    }
}
