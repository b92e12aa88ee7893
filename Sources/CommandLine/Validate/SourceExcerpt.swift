import JobFile
import Jobs

/// The text of a file, divided into lines.
struct SourceText {
    let bytes: [UInt8]
    /// The places of secrets, which excerpts mask.
    let secrets: SecretPlaces
    /// The offsets of the first bytes of the lines.
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        secrets = SecretPlaces(in: bytes)
        starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// Returns the range of a line without its line break. The first line is 1. The range is empty after the last line.
    func line(_ number: Int) -> Range<Int> {
        guard starts.indices.contains(number - 1) else { return bytes.count..<bytes.count }
        let start = starts[number - 1]
        var end = number < starts.count ? starts[number] - 1 : bytes.count
        // Lines of Windows programs end with a carriage return and a line feed.
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return start..<end
    }
}

/// The part of a line around an issue, with a caret below the position.
struct SourceExcerpt {
    /// The number of characters of a long line that are shown on each side of the position.
    private static let reach = 60
    /// The number of bytes on each side that are searched for secrets, because a line may be as long as the file.
    private static let context = 4096

    private let issue: Issue
    /// The searched part of the line.
    private let part: [Unicode.Scalar]
    /// The index of the issue's position in the part.
    private let place: Int
    /// Whether the line begins before the part.
    private let isCut: Bool

    init(_ source: SourceText, of issue: Issue) {
        self.issue = issue
        let (bytes, line) = (source.bytes, source.line(issue.line))
        func isContinuation(_ index: Int) -> Bool { bytes[index] & 0xC0 == 0x80 }
        var offset = line.lowerBound
        var column = 1
        while offset < line.upperBound, column < issue.column || isContinuation(offset) {
            offset += 1
            if offset == line.upperBound || !isContinuation(offset) {
                column += 1
            }
        }
        var start = max(line.lowerBound, offset - Self.context)
        while start < offset,
            isContinuation(start) || (start > line.lowerBound && bytes[start - 1] == UInt8(ascii: "\\"))
        {
            start += 1
        }
        let end = min(line.upperBound, offset + Self.context)
        isCut = start > line.lowerBound
        func scalars(_ range: Range<Int>) -> [Unicode.Scalar] {
            Array(String(decoding: source.secrets.masked(range, of: bytes), as: UTF8.self).unicodeScalars)
        }
        let before = scalars(start..<offset)
        place = before.count
        part = before + scalars(offset..<end)
    }

    /// The two indented lines of the excerpt. Empty if the line has no text.
    var text: String {
        let start = max(0, place - Self.reach)
        let end = min(part.count, place + Self.reach)
        let shown = Self.withoutCommands(SecretMask.masked(part, isCut: isCut).map(Self.visible))[start..<end]
        guard !shown.isEmpty else { return "" }
        let number = String(issue.line)
        let margin = String(repeating: " ", count: number.count)
        var source = ""
        source.unicodeScalars.append(contentsOf: shown)
        let caret = String(repeating: " ", count: place - start) + "^"
        return "  \(number) | \(source)\n  \(margin) | \(caret)\n"
    }

    /// Removes commands of build systems, which they find as `##[command]` in any line. Each character keeps its place.
    private static func withoutCommands(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result = line
        for index in line.indices.dropFirst() where line[index] == "#" && line[index - 1] == "#" {
            result[index] = "\u{FFFD}"
        }
        return result
    }

    /// Replaces control characters and marks of direction, which could change the terminal.
    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.isPlain ? scalar : scalar == "\t" ? " " : "\u{FFFD}"
    }
}

/// Masks secrets in excerpts: each character in the value of a variable with the name of a secret becomes `*`.
enum SecretMask {
    /// Masks the secrets of a line.
    ///
    /// - Parameters:
    ///   - line: a line, or a part of it.
    ///   - isCut: whether the line begins before the part. Then the part may begin within a name or a value, so
    ///     everything up to the third quote is masked.
    static func masked(_ line: [Unicode.Scalar], isCut: Bool) -> [Unicode.Scalar] {
        var masked = line
        if isCut {
            for index in 0..<thirdQuote(in: line) {
                masked[index] = "*"
            }
        }
        for (name, value) in members(of: line) + pairs(of: line) where Job.namesSecret(text(line[name])) {
            for index in value {
                masked[index] = "*"
            }
        }
        return masked
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    // Regular expressions would take quadratic time on a line of letters.

    /// Finds the members of a JSON object, `"NAME": "value"`. The end of the value may be cut.
    private static func members(of line: [Unicode.Scalar]) -> [(name: Range<Int>, value: Range<Int>)] {
        var members: [(name: Range<Int>, value: Range<Int>)] = []
        var index = 0
        while let open = line[index...].firstIndex(of: "\"") {
            guard let close = line[(open + 1)...].firstIndex(where: { $0 == "\"" || $0 == "\\" }) else { break }
            index = line[close] == "\"" ? close : close + 1
            guard line[close] == "\"", let start = valueStart(in: line, after: close + 1) else { continue }
            var end = start
            while end < line.count, line[end] != "\"" {
                end += line[end] == "\\" ? 2 : 1
            }
            end = min(end, line.count)
            members.append((open + 1..<close, start..<end))
            index = end
        }
        return members
    }

    /// Returns the index after the opening quote of a string that follows a colon.
    private static func valueStart(in line: [Unicode.Scalar], after place: Int) -> Int? {
        func next(_ index: Int) -> Int? { line[index...].firstIndex { !$0.properties.isWhitespace } }
        guard let colon = next(place), line[colon] == ":", let quote = next(colon + 1), line[quote] == "\"" else {
            return nil
        }
        return quote + 1
    }

    /// Finds assignments, `NAME=value`, up to a comma or a quote.
    private static func pairs(of line: [Unicode.Scalar]) -> [(name: Range<Int>, value: Range<Int>)] {
        var pairs: [(name: Range<Int>, value: Range<Int>)] = []
        var index = 0
        while let sign = line[index...].firstIndex(of: "=") {
            var start = sign
            while start > index, line[start - 1].isASCII, isNamePart(line[start - 1]) {
                start -= 1
            }
            index = sign + 1
            guard start < sign else { continue }
            let end = line[index...].firstIndex { $0 == "," || $0 == "\"" } ?? line.count
            pairs.append((start..<sign, index..<end))
            index = end
        }
        return pairs
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    /// Returns the index of the third unescaped quote, or the length of the line if there are fewer.
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
