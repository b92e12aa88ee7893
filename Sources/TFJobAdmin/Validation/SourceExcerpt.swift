import Jobs

/// The line that an issue is about, with a caret below the place.
struct SourceExcerpt {
    /// How many characters before and after the place are shown of a long line.
    private static let reach = 60

    private let line: [Unicode.Scalar]
    private let issue: Issue

    init(_ bytes: [UInt8], of issue: Issue) {
        self.issue = issue
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: issue.line, omittingEmptySubsequences: false)
        let bytes = lines.indices.contains(issue.line - 1) ? lines[issue.line - 1] : []
        line = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }

    /// Two lines, indented; empty where there is nothing to show.
    var text: String {
        let place = min(max(0, issue.column - 1), line.count)
        let start = max(0, place - Self.reach)
        let end = min(line.count, place + Self.reach)
        let shown = SecretMask.masked(line).map(Self.visible)[start..<end]
        guard !shown.isEmpty else { return "" }
        let number = String(issue.line)
        let margin = String(repeating: " ", count: number.count)
        var source = ""
        source.unicodeScalars.append(contentsOf: shown)
        let caret = String(repeating: " ", count: place - start) + "^"
        return "  \(number) | \(source)\n  \(margin) | \(caret)\n"
    }

    /// A file's own characters do nothing on a terminal but appear: control characters and marks of direction don't.
    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.isPlain ? scalar : scalar == "\t" ? " " : "\u{FFFD}"
    }
}

/// Keeps secrets out of excerpts: each character of the value of a variable that is named like one becomes `*`.
enum SecretMask {
    static func masked(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = ""
        text.unicodeScalars.append(contentsOf: line)
        var masked = line
        let member = /"(?<name>[^"\\]*)"\s*:\s*"(?<value>(?:[^"\\]|\\.)*)/.matchingSemantics(.unicodeScalar)
        let pair = /(?<name>[A-Za-z0-9_]+)=(?<value>[^,"]*)/.matchingSemantics(.unicodeScalar)
        let found =
            text.matches(of: member).map { ($0.output.name, $0.output.value) }
            + text.matches(of: pair).map { ($0.output.name, $0.output.value) }
        for (name, value) in found where Job.namesSecret(String(name)) {
            let scalars = text.unicodeScalars
            let start = scalars.distance(from: scalars.startIndex, to: value.startIndex)
            for index in start..<(start + value.unicodeScalars.count) {
                masked[index] = "*"
            }
        }
        return masked
    }
}
