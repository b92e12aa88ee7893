/// Where in a pack each of its objects is: an index of version 2, <https://git-scm.com/docs/pack-format>.
struct PackIndex: Sendable {
    /// The signature and the version.
    private static let head: UInt64 = 0xFF74_4F63_0000_0002
    /// After the head: how many names begin with each byte or a lower one.
    private static let countsEnd = 8 + 256 * 4
    /// For each object: its name, a checksum, and its offset in the pack.
    private static let entrySize = ObjectID.size + 4 + 4
    /// In place of an offset that has more than 31 bits: the number of its place in a table of such.
    private static let isLarge: UInt32 = 1 << 31

    let bytes: PackBytes
    private let count: Int

    /// - Returns: nil where there is no such index or it is none of version 2.
    init?(path: String) {
        guard let bytes = PackBytes(path: path),
            let count = bytes.read({ bytes in
                bytes.number(UInt64.self, at: 0) == Self.head
                    ? bytes.number(UInt32.self, at: Self.countsEnd - 4).map { Int($0) } : nil
            }),
            Self.countsEnd + count * Self.entrySize <= bytes.count
        else { return nil }
        (self.bytes, self.count) = (bytes, count)
    }

    /// The offset of an object in the pack; nil where it is not in it.
    ///
    /// - Parameter bytes: the index's own.
    func offset(of id: ObjectID, _ bytes: Span<UInt8>) -> Int? {
        let first = 8 + Int(id.high >> 56) * 4
        guard let end = bytes.number(UInt32.self, at: first),
            var low = id.high >> 56 == 0 ? 0 : bytes.number(UInt32.self, at: first - 4).map({ Int($0) })
        else { return nil }
        var high = min(Int(end), count)
        while low < high {
            let middle = low + (high - low) / 2
            guard let name = bytes.id(at: Self.countsEnd + middle * ObjectID.size) else { return nil }
            if name == id { return offset(middle, bytes) }
            (low, high) = name < id ? (middle + 1, high) : (low, middle)
        }
        return nil
    }

    private func offset(_ entry: Int, _ bytes: Span<UInt8>) -> Int? {
        let offsets = Self.countsEnd + count * (ObjectID.size + 4)
        guard let offset = bytes.number(UInt32.self, at: offsets + entry * 4) else { return nil }
        guard offset & Self.isLarge != 0 else { return Int(offset) }
        let large = Self.countsEnd + count * Self.entrySize + Int(offset & ~Self.isLarge) * 8
        return bytes.number(UInt64.self, at: large).flatMap { Int(exactly: $0) }
    }
}

extension Span<UInt8> {
    func id(at offset: Int) -> ObjectID? {
        guard let high = number(UInt64.self, at: offset), let middle = number(UInt64.self, at: offset + 8),
            let low = number(UInt32.self, at: offset + 16)
        else { return nil }
        return ObjectID(high: high, middle: middle, low: low)
    }
}
