import JobFile
import Jobs

/// A file's text, by its lines.
struct SourceText {
    let bytes: [UInt8]
    /// What in it is not to be shown.
    let secrets: SecretPlaces
    /// Where each line begins.
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        secrets = SecretPlaces(in: bytes)
        starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// The bytes of a line, from 1, without its end; empty beyond the last.
    func line(_ number: Int) -> Range<Int> {
        guard starts.indices.contains(number - 1) else { return bytes.count..<bytes.count }
        let start = starts[number - 1]
        var end = number < starts.count ? starts[number] - 1 : bytes.count
        // Lines of Windows programs end with two characters.
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return start..<end
    }
}

/// The part of a line that an issue is about, with a caret below the place.
struct SourceExcerpt {
    /// How many characters before and after the place are shown of a long line.
    private static let reach = 60
    /// How many more bytes on either side are looked at for secrets: a line may be as long as the file.
    private static let context = 4096

    private let issue: Issue
    /// What is looked at, of the line.
    private let part: [Unicode.Scalar]
    /// Where in it the issue is.
    private let place: Int
    /// Whether the line begins before it.
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

    /// Two lines, indented; empty where there is nothing to show.
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

    /// Build systems obey `##[command]` in any line; here each character keeps its place.
    private static func withoutCommands(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result = line
        for index in line.indices.dropFirst() where line[index] == "#" && line[index - 1] == "#" {
            result[index] = "\u{FFFD}"
        }
        return result
    }

    /// A file's own characters do nothing on a terminal but appear: control characters and marks of direction don't.
    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.isPlain ? scalar : scalar == "\t" ? " " : "\u{FFFD}"
    }
}

/// Keeps secrets out of excerpts: each character of the value of a variable that is named like one becomes `*`.
enum SecretMask {
    /// - Parameters:
    ///   - line: a line, or a part of one.
    ///   - isCut: whether the line begins before that part. A name that begins
    ///     there, and the value after it, are not known for what they are, so up to the third quote all is masked.
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

    // No regular expressions: on a line of nothing but letters they try each beginning of a name anew.

    /// Members of a JSON object, `"NAME": "value"`; the value may be cut off.
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

    /// Where a string begins that follows a colon, behind its quote.
    private static func valueStart(in line: [Unicode.Scalar], after place: Int) -> Int? {
        func next(_ index: Int) -> Int? { line[index...].firstIndex { !$0.properties.isWhitespace } }
        guard let colon = next(place), line[colon] == ":", let quote = next(colon + 1), line[quote] == "\"" else {
            return nil
        }
        return quote + 1
    }

    /// Assignments, `NAME=value`, up to a comma or a quote.
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
