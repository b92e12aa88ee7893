import Jobs

/// The allowed keys of an object in the job file, at most 64, in the order in which people write them.
struct FieldTable<Target>: Sendable {
    /// The object's name in messages, for example `a job`.
    let title: String
    let fields: [Field<Target>]
    /// The reader of each field, in an array of its own for speed.
    private let readers: [@Sendable (_ token: Int, inout Reader, inout Target) -> Void]
    /// The canonical names, then the other spellings.
    private let words: [Keyword]
    /// The first bytes of each word as a number, which compares faster than the word.
    private let beginnings: [UInt64]
    /// The length of each word in bytes.
    private let lengths: [Int]
    /// The index of each word's field.
    private let places: [Int]
    /// A bit for each required field.
    private let required: UInt64

    init(_ title: String, _ fields: [Field<Target>]) {
        self.title = title
        self.fields = fields
        required = fields.indices.reduce(0) { fields[$1].isRequired ? $0 | 1 << UInt64($1) : $0 }
        readers = fields.map(\.readValue)
        words = fields.map(\.name) + fields.flatMap(\.misspellings)
        beginnings = words.map(\.beginning)
        lengths = words.map(\.text.utf8.count)
        places =
            Array(fields.indices)
            + fields.enumerated().flatMap { index, field in field.misspellings.map { _ in index } }
    }

    /// The canonical names.
    var names: [String] { fields.map(\.name.text) }

    /// Reads each key of an object by its field. Reports unknown, repeated and missing keys.
    func readObject(_ object: Int, _ reader: inout Reader, into target: inout Target) {
        // A local copy, so that the loop does not retain the tape for each key.
        let tape = reader.tape
        var seen: UInt64 = 0
        var key = object + 1
        let end = tape.after(object)
        while key < end {
            let value = key + 1
            let next = tape.after(value)
            if let word = word(of: key, tape) {
                let bit: UInt64 = 1 << UInt64(places[word])
                if seen & bit == 0 {
                    seen |= bit
                    if word >= fields.count {
                        warnOfMisspelled(word, at: key, &reader)
                    }
                    readers[places[word]](value, &reader, &target)
                } else {
                    refuseRepeat(of: places[word], at: key, in: object, &reader)
                }
            } else {
                refuseUnknown(key, in: object, &reader)
            }
            key = next
        }
        guard required & ~seen != 0 else { return }
        for index in fields.indices where required & ~seen & 1 << UInt64(index) != 0 {
            let name = fields[index].name.text
            guard !reader.hasMeantKey(name, in: object, title) else { continue }
            reader.error(at: object, "\(title) needs the key \"\(name)\": add it")
        }
    }

    /// The index of the word that a key equals; nil for an unknown key.
    private func word(of key: Int, _ tape: Tape) -> Int? {
        guard tape.kind(key) != .escapedString else {
            let probe = KeywordProbe(tape.value(key))
            return words.firstIndex { probe.matches($0) }
        }
        let place = tape.place(key)
        let beginning = KeywordProbe.beginning(of: tape.bytes, place)
        for index in beginnings.indices where beginnings[index] == beginning && lengths[index] == place.count {
            guard place.count > 8 else { return index }
            if KeywordProbe(tape.bytes[place]).matches(words[index]) { return index }
        }
        return nil
    }

    private func warnOfMisspelled(_ word: Int, at key: Int, _ reader: inout Reader) {
        let name = fields[places[word]].name.text
        reader.warn(at: key, "\"\(words[word].text)\" is read as \"\(name)\": write \"\(name)\"")
    }

    private func refuseRepeat(of field: Int, at key: Int, in object: Int, _ reader: inout Reader) {
        var first = object + 1
        while first < key, word(of: first, reader.tape).map({ places[$0] }) != field {
            first = reader.tape.after(first + 1)
        }
        let (name, earlier) = (reader.tape.text(key), reader.tape.text(first))
        let canonical = fields[field].name.text
        reader.error(
            at: key,
            name == earlier
                ? "the key \"\(name)\" is written twice in this object: leave one out"
                : "\"\(earlier)\" and \"\(name)\" are one key: write \"\(canonical)\" alone"
        )
        reader.refuseRepeats(inValueOf: key)
    }

    private func refuseUnknown(_ key: Int, in object: Int, _ reader: inout Reader) {
        if reader.findings.isFull {
            reader.error(at: key, "")
        } else {
            let name = reader.tape.text(key)
            let guess = guess(name, in: object)
            if let meant = guess.meant {
                reader.recordMeantKey(meant)
            }
            reader.error(at: key, "the key \(Quoted.text(name)) is not known in \(title)\(guess.advice)")
        }
        reader.refuseRepeats(inValueOf: key)
    }

    /// Guesses the key that an unknown one means.
    private func guess(_ name: String, in object: Int) -> (advice: String, meant: MeantKey?) {
        if let close = Suggestion.closest(to: name, among: names) {
            return (": did you mean \"\(close)\"?", MeantKey(name: close, place: .object(object)))
        }
        if title == ReplicaGroupDraft.table.title, ResourcesDraft.table.names.contains(name) {
            let resource = ReplicaGroupDraft.resourceName
            return (": it belongs in \"\(resource)\"", MeantKey(name: resource, place: .object(object)))
        }
        if let home = KeyPlaces.home(of: name) {
            return (": it belongs in \(home.place)", MeantKey(name: name, place: .objects(title: home.title)))
        }
        // A list of all keys of a job would be too long.
        return (": leave it out" + (names.count > 12 ? "" : "; known are \(names.joined(separator: ", "))"), nil)
    }

    /// The JSON Schema of the object, without rules about several keys.
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

/// Finds the word that a misspelled one probably means.
public enum Suggestion {
    /// In bytes; a longer word is no typing error.
    private static let longest = 40

    /// The known word that differs from a written one by the fewest typing errors; nil if none is close.
    public static func closest(to written: String, among known: [String]) -> String? {
        guard written.utf8.count <= longest else { return nil }
        let letters = Array(written.lowercased().unicodeScalars)
        let allowed = max(1, letters.count / 3)
        return
            known
            .map { (word: $0, slips: slips(letters, Array($0.lowercased().unicodeScalars))) }
            .filter { $0.slips <= allowed && $0.slips < $0.word.count }
            .min { $0.slips < $1.slips }?
            .word
    }

    /// Counts missing, additional, wrong and swapped letters (optimal string alignment).
    private static func slips(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}

/// Knows the object that each key belongs to, for advice about a key in the wrong object.
enum KeyPlaces {
    /// Finds the object of a known key. Returns nil for an unknown key.
    static func home(of key: String) -> (place: String, title: String)? {
        // A long key is unknown, and comparing it by canonical equivalence may take long.
        guard key.utf8.count <= longest else { return nil }
        return all.first { $0.names.contains(key) }.map { ($0.place, $0.title) }
    }

    /// In bytes; no key of a job is longer.
    private static let longest = 64

    private static let all: [(names: [String], title: String, place: String)] = [
        (JobDraft.table.names, JobDraft.table.title, "the job itself (\"spec\", where there is one)"),
        (RunPolicy.table.names, RunPolicy.table.title, "\"runPolicy\""),
        (ReplicaGroupDraft.table.names, ReplicaGroupDraft.table.title, "an element of \"replicas\""),
        (MetadataDraft.table.names, MetadataDraft.table.title, "\"metadata\", beside \"spec\""),
    ]
}
