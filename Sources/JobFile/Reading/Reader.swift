import Jobs

/// An element of a list of ids.
struct DependencyToken {
    let token: Int
    let list: Int
    /// Its place in the list, from 0.
    let index: Int
}

/// What the shapes of values read from and report to.
struct Reader {
    let tape: Tape
    let key: JobKey
    let rules: JobFile.Rules
    private(set) var findings = Findings()
    /// What the job waits for.
    var dependencies: [DependencyToken] = []
    /// The code of the repository that the job runs.
    var code: JobCode?

    init(_ tape: Tape, at key: JobKey, under rules: JobFile.Rules) {
        self.tape = tape
        self.key = key
        self.rules = rules
    }

    mutating func error(at token: Int, _ message: String) {
        findings.add(.error, at: token, message)
    }

    mutating func warn(at token: Int, _ message: String) {
        findings.add(.warning, at: token, message)
    }

    /// Reports a value of the wrong type.
    ///
    /// - Parameter wanted: what to write, with its article: `a string`, say.
    mutating func refuse(_ token: Int, wanted: String) {
        error(at: token, "\(kindName(token)) can't stand here: write \(wanted)")
    }

    private func kindName(_ token: Int) -> String {
        switch tape.kind(token) {
        case .object: "an object"
        case .array: "a list"
        case .string, .escapedString: "a string"
        case .number: "a number"
        case .yes: "true"
        case .no: "false"
        case .null: "null"
        }
    }

    /// In bytes.
    private static let longestKey = 1024

    /// Reports keys that stand twice in the object that a key is for, if nobody reads it further, and in all below it.
    mutating func refuseRepeats(inValueOf key: Int) {
        guard tape.source(key).count <= Self.longestKey else {
            return error(at: key, "a key has at most \(Self.longestKey) bytes: write a shorter one")
        }
        refuseRepeats(below: key + 1)
    }

    /// Reports keys that stand twice in a value that nobody reads further.
    mutating func refuseRepeats(below token: Int) {
        switch tape.kind(token) {
        case .object:
            // By their bytes, as JSON compares them. The canonical equivalence of `String` takes time in the square of the
            // combining marks in a row.
            var names: Set<ArraySlice<UInt8>> = []
            var key = token + 1
            let end = tape.after(token)
            while key < end {
                if !names.insert(tape.value(key)).inserted {
                    error(at: key, "the key \(shown(key)) is written twice in this object: leave one out")
                }
                refuseRepeats(inValueOf: key)
                key = tape.after(key + 1)
            }
        case .array:
            var element = token + 1
            let end = tape.after(token)
            while element < end {
                refuseRepeats(below: element)
                element = tape.after(element)
            }
        case .string, .escapedString, .number, .yes, .no, .null:
            break
        }
    }
}
