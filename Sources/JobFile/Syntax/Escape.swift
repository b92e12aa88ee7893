import Jobs

/// The escapes of JSON strings: RFC 8259, section 7.
enum Escape {
    /// What a letter after a backslash stands for; nil where JSON has no such escape. `u` is not among them.
    static func simple(_ letter: UInt8) -> Unicode.Scalar? {
        switch letter {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    /// The UTF-16 code unit of the four hexadecimal digits from a position; nil where they aren't four such digits.
    static func codeUnit(_ bytes: ArraySlice<UInt8>, at position: Int) -> UInt32? {
        guard position + 4 <= bytes.endIndex else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = hexadecimal(byte) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    static func isHighSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xD800 }

    static func isLowSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xDC00 }

    /// Decodes an escape that is known to be right.
    ///
    /// - Parameter position: of the backslash.
    /// - Returns: the scalar, and how many bytes stand for it.
    static func decode(_ bytes: ArraySlice<UInt8>, at position: Int) -> (Unicode.Scalar, length: Int) {
        if let scalar = simple(bytes[position + 1]) {
            return (scalar, 2)
        }
        let unit = codeUnit(bytes, at: position + 2) ?? 0xFFFD
        guard isHighSurrogate(unit) else { return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6) }
        let low = codeUnit(bytes, at: position + 8) ?? 0
        return (Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)) ?? "\u{FFFD}", 12)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
