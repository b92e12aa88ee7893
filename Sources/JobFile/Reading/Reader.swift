import Jobs

/// An element of the list `dependsOn`.
struct DependencyToken {
    let token: Int
    let list: Int
    /// The index in the list, from 0.
    let index: Int
}

/// The state of one reading: the tokens that the shapes read, and the findings that they report.
struct Reader {
    let tape: Tape
    let key: JobKey
    let rules: JobFile.Rules
    private(set) var findings = Findings()
    /// The job's dependencies.
    var dependencies: [DependencyToken] = []
    /// The code of the repository that the job runs.
    var code: JobCode?
    /// The keys that a reported one probably means. They are not reported as missing too: one typing error is one issue.
    private var meant: Set<MeantKey> = []

    init(_ tape: Tape, at key: JobKey, under rules: JobFile.Rules) {
        self.tape = tape
        self.key = key
        self.rules = rules
    }

    mutating func error(at token: Int, _ message: String) {
        findings.addFinding(.error, at: token, message)
    }

    mutating func warn(at token: Int, _ message: String) {
        findings.addFinding(.warning, at: token, message)
    }

    /// Records the key that an unknown one probably means.
    mutating func recordMeantKey(_ key: MeantKey) {
        meant.insert(key)
    }

    /// Whether an unknown key, which is reported already, probably means a key of an object.
    ///
    /// - Parameters:
    ///   - name: the key's canonical name.
    ///   - object: the token of the object.
    ///   - title: the object's name in messages.
    func hasMeantKey(_ name: String, in object: Int, _ title: String) -> Bool {
        guard !meant.isEmpty else { return false }
        return meant.contains(MeantKey(name: name, place: .object(object)))
            || meant.contains(MeantKey(name: name, place: .objects(title: title)))
    }

    /// Reports a value of the wrong type.
    ///
    /// - Parameter wanted: what to write, with its article, for example `a string`.
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

    /// Reports repeated keys in a key's value, at every depth. For values that no shape reads.
    mutating func refuseRepeats(inValueOf key: Int) {
        guard tape.source(key).count <= Self.longestKey else {
            return error(at: key, "a key has at most \(Self.longestKey) bytes: write a shorter one")
        }
        refuseRepeats(below: key + 1)
    }

    /// Reports repeated keys in a value, at every depth. For values that no shape reads.
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

/// A key that an unknown one probably means.
struct MeantKey: Hashable {
    /// Where the key belongs.
    enum Place: Hashable {
        /// The object at a token.
        case object(Int)
        /// Any object with a title.
        case objects(title: String)
    }

    /// The canonical name.
    let name: String
    let place: Place
}

/// The errors and warnings of a file, by token.
///
/// It keeps a limited number of messages, so that a file full of mistakes costs no more than others.
struct Findings {
    struct Finding {
        let token: Int
        let severity: Issue.Severity
        let message: String
    }

    /// How many findings are kept. More than are reported, since they are not found in the order of the file.
    static let keptMost = 1000
    /// How many issues a report has. One more issue counts the rest.
    static let reportedMost = 100

    private var kept: [Finding] = []
    private var dropped = 0
    private(set) var hasError = false

    /// Whether a further message would be dropped and need not be built.
    var isFull: Bool { kept.count >= Self.keptMost }

    var isEmpty: Bool { kept.isEmpty }

    mutating func addFinding(_ severity: Issue.Severity, at token: Int, _ message: String) {
        hasError = hasError || severity == .error
        guard !isFull else {
            dropped += 1
            return
        }
        let message = Quoted.clipped(message, to: Issue.longestMessage)
        kept.append(Finding(token: token, severity: severity, message: message))
    }

    /// The issues in the order of the file.
    func issues(in tape: Tape, path: String) -> [Issue] {
        var positions = TextPositions(tape.bytes)
        let inOrder = kept.enumerated().sorted { ($0.element.token, $0.offset) < ($1.element.token, $1.offset) }
        var issues = inOrder.prefix(Self.reportedMost).map { _, finding in
            let position = positions.position(at: tape.offset(finding.token))
            return Issue(
                path: path,
                line: position.line,
                column: position.column,
                pointer: tape.pointer(finding.token),
                severity: finding.severity,
                message: finding.message
            )
        }
        let more = kept.count + dropped - issues.count
        if more > 0, let last = issues.last {
            issues.append(
                Issue(
                    path: path,
                    line: last.line,
                    column: last.column,
                    severity: hasError ? .error : .warning,
                    message: "and \(more) more: correct these first"
                )
            )
        }
        return issues
    }
}
