/// How to make an object from another: parts of it, and new bytes between them.
///
/// <https://git-scm.com/docs/pack-format#_deltified_representation>
enum Delta {
    /// Makes the object.
    ///
    /// - Parameters:
    ///   - delta: the instructions.
    ///   - base: the object that they are for.
    ///   - limit: the most bytes that the caller takes.
    /// - Returns: nil where the instructions are garbled, are for another object, or make too many bytes.
    static func apply(_ delta: [UInt8], to base: [UInt8], limit: Int) -> [UInt8]? {
        let delta = delta.span
        var position = 0
        guard size(delta, &position) == base.count, let size = size(delta, &position), size <= limit else {
            return nil
        }
        var result: [UInt8] = []
        result.reserveCapacity(size)
        while let instruction = delta.next(&position) {
            if instruction & 0x80 != 0 {
                guard let start = number(delta, &position, instruction & 15),
                    let length = number(delta, &position, instruction >> 4 & 7).map({ $0 == 0 ? 0x10000 : $0 }),
                    start + length <= base.count, length <= size - result.count
                else { return nil }
                result.append(contentsOf: base[start..<start + length])
            } else {
                guard instruction > 0, instruction <= delta.count - position, instruction <= size - result.count
                else { return nil }
                for index in position..<position + instruction {
                    result.append(delta[index])
                }
                position += instruction
            }
        }
        return result.count == size ? result : nil
    }

    /// A number of a byte for each bit that is set, the lowest byte first; where a bit is not, its byte is zero.
    private static func number(_ delta: Span<UInt8>, _ position: inout Int, _ bits: Int) -> Int? {
        var number = 0
        for bit in 0..<4 where bits & 1 << bit != 0 {
            guard let byte = delta.next(&position) else { return nil }
            number |= byte << (8 * bit)
        }
        return number
    }

    /// A number of seven bits a byte, the lowest first.
    private static func size(_ delta: Span<UInt8>, _ position: inout Int) -> Int? {
        var (size, shift, byte) = (0, 0, 0x80)
        while byte & 0x80 != 0 {
            guard shift < 56, let next = delta.next(&position) else { return nil }
            size |= (next & 0x7F) << shift
            (byte, shift) = (next, shift + 7)
        }
        return size
    }
}
