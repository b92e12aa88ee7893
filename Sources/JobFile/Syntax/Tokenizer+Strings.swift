import Formats
import Jobs

extension Tokenizer {
    /// Reads a string from its opening quote. Checks its UTF-8 and its escapes.
    mutating func readString() throws(SyntaxError) {
        let start = position
        var kind = JSONToken.Kind.string
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                tokens.append(JSONToken(kind: kind, start: UInt32(start), end: UInt32(position)))
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try skipEscape()
            case 0..<0x20:
                throw controlCharacter(byte)
            case 0x80...:
                let length = UTF8Sequence.length(bytes, at: position)
                guard length > 0 else { throw notUTF8() }
                position += length
            default:
                position += 1
            }
        }
        throw fault("the file ends inside a string: close it with \"")
    }

    private mutating func skipEscape() throws(SyntaxError) {
        guard position + 1 < bytes.count else {
            throw SyntaxError(offset: bytes.count, message: "the file ends inside a string: close it with \"")
        }
        guard bytes[position + 1] == UInt8(ascii: "u") else {
            guard Escape.simple(bytes[position + 1]) != nil else {
                throw fault("JSON knows no such escape: write \\\\ for a backslash itself")
            }
            position += 2
            return
        }
        guard let unit = Escape.codeUnit(bytes[...], at: position + 2) else {
            throw fault("\\u needs four hexadecimal digits: write \\u00e9, say")
        }
        guard !Escape.isLowSurrogate(unit) else { throw loneSurrogate() }
        guard Escape.isHighSurrogate(unit) else {
            position += 6
            return
        }
        guard position + 7 < bytes.count, bytes[position + 6] == UInt8(ascii: "\\"),
            bytes[position + 7] == UInt8(ascii: "u"),
            let low = Escape.codeUnit(bytes[...], at: position + 8), Escape.isLowSurrogate(low)
        else { throw loneSurrogate() }
        position += 12
    }

    private func loneSurrogate() -> SyntaxError {
        fault("half of a surrogate pair is no character: write the character itself, or both halves (\\ud83d\\ude00)")
    }

    private func controlCharacter(_ byte: UInt8) -> SyntaxError {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            fault("a line ends inside a string: close the string with \", or write \\n for a line break in it")
        case UInt8(ascii: "\t"):
            fault("a tab inside a string: write \\t")
        default:
            fault("a control character inside a string: write \\u00\([byte].hexadecimal)")
        }
    }
}

/// Well-formed UTF-8: Unicode 16, table 3-7.
enum UTF8Sequence {
    /// The length of the sequence of two to four bytes at a position; 0 if it is not well-formed.
    static func length(_ bytes: [UInt8], at position: Int) -> Int {
        func follows(_ index: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            position + index < bytes.count && range.contains(bytes[position + index])
        }
        switch bytes[position] {
        case 0xC2...0xDF: return follows(1) ? 2 : 0
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : 0
        case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : 0
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
        case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : 0
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
        case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : 0
        default: return 0
        }
    }
}

/// The escapes of JSON strings: RFC 8259, section 7.
enum Escape {
    /// The scalar of a one-letter escape; nil for any other letter, also for `u`.
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

    /// The UTF-16 code unit of four hexadecimal digits at a position; nil if there are no four such digits.
    static func codeUnit(_ bytes: ArraySlice<UInt8>, at position: Int) -> UInt32? {
        guard position + 4 <= bytes.endIndex else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = byte.hexadecimalValue else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    static func isHighSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xD800 }

    static func isLowSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xDC00 }

    /// Decodes a valid escape.
    ///
    /// - Parameter position: the position of the backslash.
    /// - Returns: the scalar, and the length of the escape in bytes.
    static func decode(_ bytes: ArraySlice<UInt8>, at position: Int) -> (Unicode.Scalar, length: Int) {
        if let scalar = simple(bytes[position + 1]) {
            return (scalar, 2)
        }
        let unit = codeUnit(bytes, at: position + 2) ?? 0xFFFD
        guard isHighSurrogate(unit) else { return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6) }
        let low = codeUnit(bytes, at: position + 8) ?? 0
        return (Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)) ?? "\u{FFFD}", 12)
    }
}
