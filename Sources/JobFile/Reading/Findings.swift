import Jobs

/// What was found wrong in a file so far, by token.
///
/// Only so many are kept with their message, so that a file made of mistakes costs no more than others.
struct Findings {
    struct Finding {
        let token: Int
        let severity: Issue.Severity
        let message: String
    }

    /// How many are kept. More than are reported, as they are not found in the order of the file.
    static let keptMost = 1000
    /// How many a report has; one more then says how many there are besides.
    static let reportedMost = 100

    private var kept: [Finding] = []
    private var dropped = 0
    private(set) var hasError = false

    /// Whether a further message would be dropped, and need not be thought of.
    var isFull: Bool { kept.count >= Self.keptMost }

    var isEmpty: Bool { kept.isEmpty }

    mutating func add(_ severity: Issue.Severity, at token: Int, _ message: String) {
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
