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
