import Jobs

/// A file's text, by its lines.
struct SourceText {
    let bytes: [UInt8]
    /// Where each line begins.
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// The bytes of a line, from 1, without its end; empty beyond the last.
    func line(_ number: Int) -> Range<Int> {
        guard starts.indices.contains(number - 1) else { return bytes.count..<bytes.count }
        let end = number < starts.count ? starts[number] - 1 : bytes.count
        return starts[number - 1]..<end
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
        let before = Array(String(decoding: bytes[start..<offset], as: UTF8.self).unicodeScalars)
        place = before.count
        part = before + Array(String(decoding: bytes[offset..<end], as: UTF8.self).unicodeScalars)
    }

    /// Two lines, indented; empty where there is nothing to show.
    var text: String {
        let start = max(0, place - Self.reach)
        let end = min(part.count, place + Self.reach)
        let shown = SecretMask.masked(part, isCut: isCut).map(Self.visible)[start..<end]
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
