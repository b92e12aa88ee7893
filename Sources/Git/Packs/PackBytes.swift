import Foundation

/// The bytes of a file of a pack, mapped into memory, and read without ever going over their end: they may be damaged.
struct PackBytes: Sendable {
    private let data: Data

    var count: Int { data.count }

    /// - Returns: nil where there is no such file.
    init?(path: String) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else { return nil }
        self.data = data
    }

    /// Lends the bytes for many reads.
    func read<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(data.span) }
}

extension Span<UInt8> {
    /// The number of so many bytes that begins at an offset, the highest byte first; nil where the bytes end before.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
        guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { return nil }
        var number: Number = 0
        for index in offset..<offset + MemoryLayout<Number>.size {
            number = number << 8 | Number(truncatingIfNeeded: self[index])
        }
        return number
    }

    /// The next byte; nil at the end.
    func next(_ offset: inout Int) -> Int? {
        guard offset >= 0, offset < count else { return nil }
        defer { offset += 1 }
        return Int(self[offset])
    }
}
