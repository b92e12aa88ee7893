/// A message that does not follow the encoding of Protocol Buffers.
struct MalformedMessage: Error {}

/// Reads the fields of one message of Protocol Buffers. It does not read the messages in it, so nesting costs nothing.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
struct WireReader {
    /// The value of a field. Its type in the schema decides what the value means.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A text, a message, or a packed list of numbers.
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) {
        rest = message
    }

    /// Returns the next field, or nil at the end of the message.
    mutating func nextField() throws(MalformedMessage) -> (number: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try nextVarint()
        // Numbers have 29 bits.
        guard let number = Int(exactly: key >> 3), (1..<1 << 29).contains(number) else { throw MalformedMessage() }
        switch key & 7 {
        case 0: return (number, .varint(try nextVarint()))
        case 1: return (number, .fixed64(UInt64(littleEndian: try take(8))))
        case 2:
            guard let count = Int(exactly: try nextVarint()) else { throw MalformedMessage() }
            return (number, .bytes(try take(count)))
        case 5: return (number, .fixed32(UInt32(littleEndian: try take(4))))
        // Groups, which TensorFlow does not use.
        default: throw MalformedMessage()
        }
    }

    private mutating func nextVarint() throws(MalformedMessage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw MalformedMessage() }
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw MalformedMessage()
    }

    private mutating func take(_ count: Int) throws(MalformedMessage) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw MalformedMessage() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}

extension WireReader.Value {
    /// The bytes of a field of variable length.
    var message: ArraySlice<UInt8> {
        get throws(MalformedMessage) {
            guard case .bytes(let bytes) = self else { throw MalformedMessage() }
            return bytes
        }
    }

    /// A text, which must be UTF-8.
    var text: String {
        get throws(MalformedMessage) {
            guard let text = String(validating: try message, as: UTF8.self) else { throw MalformedMessage() }
            return text
        }
    }

    /// The first of a repeated field of numbers, packed or not; nil if the packed list is empty.
    var firstNumber: UInt64? {
        get throws(MalformedMessage) {
            switch self {
            case .varint(let value), .fixed64(let value): return value
            case .fixed32(let value): return UInt64(value)
            case .bytes(let list):
                guard !list.isEmpty else { return nil }
                var reader = WireReader(list)
                return try reader.nextVarint()
            }
        }
    }
}
