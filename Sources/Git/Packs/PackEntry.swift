/// An object as it stands in a pack: <https://git-scm.com/docs/pack-format>.
struct PackEntry: Sendable {
    /// What its bytes, unpacked, are.
    enum Kind {
        /// A blob.
        case blob
        /// How to make the object from another one.
        case delta(base: Base)
    }

    /// The object that a delta is to be applied to.
    enum Base {
        /// Where it is in the pack.
        case offset(Int)
        case id(ObjectID)
    }

    let kind: Kind
    /// How many bytes there are unpacked.
    let size: Int
    /// Where the packed bytes begin.
    let start: Int

    /// Reads what stands before the packed bytes.
    ///
    /// - Returns: nil where it is garbled, or is of a tree, a commit or a tag.
    init?(_ bytes: Span<UInt8>, at offset: Int) {
        var position = offset
        guard let first = bytes.next(&position) else { return nil }
        var (size, shift, byte) = (first & 15, 4, first)
        while byte & 0x80 != 0 {
            guard shift < 56, let next = bytes.next(&position) else { return nil }
            size |= (next & 0x7F) << shift
            (byte, shift) = (next, shift + 7)
        }
        switch first >> 4 & 7 {
        case 3:
            kind = .blob
        case 6:
            guard let distance = Self.distance(bytes, &position), distance <= offset else { return nil }
            kind = .delta(base: .offset(offset - distance))
        case 7:
            guard let id = bytes.id(at: position) else { return nil }
            kind = .delta(base: .id(id))
            position += ObjectID.size
        default:
            return nil
        }
        (self.size, start) = (size, position)
    }

    /// How far before the delta its base is; above zero.
    private static func distance(_ bytes: Span<UInt8>, _ position: inout Int) -> Int? {
        guard var byte = bytes.next(&position) else { return nil }
        var distance = byte & 0x7F
        while byte & 0x80 != 0 {
            guard distance < 1 << 48, let next = bytes.next(&position) else { return nil }
            distance = (distance + 1) << 7 | next & 0x7F
            byte = next
        }
        return distance > 0 ? distance : nil
    }
}
