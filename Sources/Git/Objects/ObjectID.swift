/// The name of an object: the SHA-1 of its content, 20 bytes.
public struct ObjectID: Hashable, Sendable {
    let high: UInt64
    let middle: UInt64
    let low: UInt32

    /// The number of bytes.
    static let size = 20

    /// Reads the bytes that begin at an index; at least ``size`` have to follow.
    init(_ bytes: [UInt8], at start: Int = 0) {
        // Plain loops: a walk through history reads millions of them.
        var (high, middle, low) = (UInt64(0), UInt64(0), UInt32(0))
        for index in start..<(start + 8) {
            high = high << 8 | UInt64(bytes[index])
            middle = middle << 8 | UInt64(bytes[index + 8])
        }
        for index in (start + 16)..<(start + Self.size) {
            low = low << 8 | UInt32(bytes[index])
        }
        (self.high, self.middle, self.low) = (high, middle, low)
    }

    /// - Parameters:
    ///   - high: the first 8 bytes.
    ///   - middle: the next 8.
    ///   - low: the last 4.
    init(high: UInt64, middle: UInt64, low: UInt32) {
        (self.high, self.middle, self.low) = (high, middle, low)
    }

    /// The bytes, first to last.
    var bytes: [UInt8] { (0..<Self.size).map(byte) }

    /// One of the bytes.
    func byte(_ index: Int) -> UInt8 {
        switch index {
        case 0..<8: UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
        case 8..<16: UInt8(truncatingIfNeeded: middle >> UInt64(120 - 8 * index))
        default: UInt8(truncatingIfNeeded: low >> UInt32(152 - 8 * index))
        }
    }
}

extension ObjectID {
    /// A name is a hash already: a part of it tells names apart as well as all of it.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
    }
}

extension ObjectID: Comparable {
    /// By the bytes, as git sorts.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }
}

extension ObjectID: LosslessStringConvertible {
    /// Reads 40 hexadecimal digits, lower or upper case.
    public init?(_ description: String) {
        self.init(digits: Array(description.utf8)[...])
    }

    /// Reads 40 hexadecimal digits, lower or upper case.
    init?(digits: ArraySlice<UInt8>) {
        guard digits.count == 2 * Self.size else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for (index, digit) in digits.enumerated() {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x41...0x46: value = digit - 0x41 + 10
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            switch index {
            case 0..<16: words.0 = words.0 << 4 | UInt64(value)
            case 16..<32: words.1 = words.1 << 4 | UInt64(value)
            default: words.2 = words.2 << 4 | UInt64(value)
            }
        }
        self.init(high: words.0, middle: words.1, low: UInt32(words.2))
    }

    /// 40 lower-case hexadecimal digits.
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: 2 * Self.size) { digits in
            for index in 0..<Self.size {
                unsafe digits[2 * index] = Self.digit(byte(index) >> 4)
                unsafe digits[2 * index + 1] = Self.digit(byte(index) & 15)
            }
            return 2 * Self.size
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension ObjectID: Codable {
    /// Reads 40 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = ObjectID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 40 hexadecimal digits")
        }
        self = id
    }

    /// Writes 40 hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
