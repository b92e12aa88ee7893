import Jobs

/// Turns offsets into lines and columns, both from 1; a column counts Unicode scalars.
struct TextPositions {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The position of an offset. Asked for in rising order, all of a file's positions cost one pass.
    mutating func position(at target: Int) -> (line: Int, column: Int) {
        if target < offset {
            self = TextPositions(bytes)
        }
        for byte in bytes[offset..<min(target, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        offset = max(offset, min(target, bytes.count))
        return (line, column)
    }
}
