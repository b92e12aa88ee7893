import Jobs

extension Tokenizer {
    /// Reads a string from its opening quote, and sees that it is UTF-8 and its escapes are right.
    mutating func readString() throws(SyntaxError) {
        let start = position
        var kind = Token.Kind.string
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                tokens.append(Token(kind: kind, start: UInt32(start), end: UInt32(position)))
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
            fault("a control character inside a string: write \\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
        }
    }
}

/// Well-formed UTF-8: Unicode 16, table 3-7.
enum UTF8Sequence {
    /// The length of the sequence of two to four bytes that begins at a position; 0 where none does.
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
