import Jobs

/// Keeps secrets out of excerpts: each character of the value of a variable that is named like one becomes `*`.
enum SecretMask {
    /// - Parameters:
    ///   - line: a line, or a part of one.
    ///   - isCut: whether the line begins before that part. A name that begins
    ///     there, and the value after it, are not known for what they are, so up to the third quote all is masked.
    static func masked(_ line: [Unicode.Scalar], isCut: Bool) -> [Unicode.Scalar] {
        var text = ""
        text.unicodeScalars.append(contentsOf: line)
        var masked = line
        if isCut {
            for index in 0..<thirdQuote(in: line) {
                masked[index] = "*"
            }
        }
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

    /// The place of the third quote that no backslash stands before; the line's length where there are fewer.
    private static func thirdQuote(in line: [Unicode.Scalar]) -> Int {
        var (index, quotes) = (0, 0)
        while index < line.count {
            quotes += line[index] == "\"" ? 1 : 0
            if quotes == 3 { break }
            index += line[index] == "\\" ? 2 : 1
        }
        return min(index, line.count)
    }
}
