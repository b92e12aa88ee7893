import Jobs

/// Tokenizes a JSON text in one pass, strictly by RFC 8259, with at most 32 nested levels.
///
/// <https://www.rfc-editor.org/rfc/rfc8259>
struct Tokenizer {
    /// The maximum number of nested objects and arrays.
    static let deepest = 32

    let bytes: [UInt8]
    var position = 0
    var tokens: [JSONToken] = []
    /// The open objects and arrays, outermost first, as indices of the tape.
    private var open: [Int] = []

    /// - Parameter bytes: at most 4 GiB, since offsets have 32 bits.
    static func tape(of bytes: [UInt8]) throws(SyntaxError) -> Tape {
        var tokenizer = Tokenizer(bytes: bytes)
        tokenizer.tokens.reserveCapacity(bytes.count / 8 + 8)
        do throws(SyntaxError) {
            try tokenizer.readDocument()
        } catch {
            throw SyntaxError(offset: error.offset, message: error.message, pointer: tokenizer.pointerToOpen())
        }
        return Tape(bytes: bytes, tokens: tokenizer.tokens)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The byte at the position; nil at the end.
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func readDocument() throws(SyntaxError) {
        try refuseOtherEncodings()
        skipBlanks()
        guard current != nil else {
            throw fault("the file is empty: write a job as a JSON object, { … }")
        }
        try readValue()
        skipBlanks()
        guard current == nil else { throw trailingContent() }
    }

    mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    private mutating func readValue() throws(SyntaxError) {
        guard let byte = current else { throw noValue() }
        switch byte {
        case UInt8(ascii: "{"): try readObject()
        case UInt8(ascii: "["): try readArray()
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        case UInt8(ascii: "t"): try readWord("true", .yes)
        case UInt8(ascii: "f"): try readWord("false", .no)
        case UInt8(ascii: "n"): try readWord("null", .null)
        default: throw noValue()
        }
    }

    private mutating func readWord(_ word: StaticString, _ kind: JSONToken.Kind) throws(SyntaxError) {
        let end = position + word.utf8CodeUnitCount
        guard !continuesWord(at: end), bytes[position..<min(end, bytes.count)].elementsEqual("\(word)".utf8) else {
            throw noValue()
        }
        tokens.append(JSONToken(kind: kind, start: UInt32(position), end: UInt32(end)))
        position = end
    }

    private mutating func begin(_ kind: JSONToken.Kind) throws(SyntaxError) {
        guard open.count < Self.deepest else {
            throw fault("objects and lists are nested more than \(Self.deepest) deep: no key of a job needs that")
        }
        open.append(tokens.count)
        tokens.append(JSONToken(kind: kind, start: UInt32(position), end: 0))
        position += 1
        skipBlanks()
    }

    private mutating func close() {
        position += 1
        if let container = open.popLast() {
            tokens[container].end = UInt32(tokens.count)
        }
    }

    private mutating func pointerToOpen() -> String {
        for container in open {
            tokens[container].end = UInt32(tokens.count)
        }
        return Tape(bytes: bytes, tokens: tokens).pointer(open.last ?? Tape.root)
    }

    private mutating func readArray() throws(SyntaxError) {
        try begin(.array)
        guard current != UInt8(ascii: "]") else { return close() }
        while true {
            try readValue()
            guard try readSeparator(before: UInt8(ascii: "]")) else { return close() }
        }
    }

    private mutating func readObject() throws(SyntaxError) {
        try begin(.object)
        guard current != UInt8(ascii: "}") else { return close() }
        while true {
            guard current == UInt8(ascii: "\"") else { throw noKey() }
            try readString()
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw noColon() }
            position += 1
            skipBlanks()
            try readValue()
            guard try readSeparator(before: UInt8(ascii: "}")) else { return close() }
        }
    }

    /// Reads up to the next element.
    ///
    /// - Returns: false at the closing bracket, which ``close()`` reads.
    private mutating func readSeparator(before bracket: UInt8) throws(SyntaxError) -> Bool {
        skipBlanks()
        guard current != bracket else { return false }
        guard current == UInt8(ascii: ",") else { throw noComma(before: bracket) }
        let comma = position
        position += 1
        skipBlanks()
        guard current != bracket else {
            throw SyntaxError(
                offset: comma,
                message: "a comma before \"\(Character(Unicode.Scalar(bracket)))\": leave it out"
            )
        }
        return true
    }
}

extension Tokenizer {
    /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`.
    mutating func readNumber() throws(SyntaxError) {
        let start = position
        if current == UInt8(ascii: "-") {
            position += 1
        }
        if current == UInt8(ascii: "0") {
            if position + 1 < bytes.count, bytes[position + 1].isDecimalDigit {
                throw fault("a number has no leading zero: leave the 0 out")
            }
            position += 1
        } else {
            try readDigits(
                current == UInt8(ascii: "I")
                    ? "-Infinity is no JSON number: write a number, or leave the key out"
                    : "a minus needs a number after it: write -1, say"
            )
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try readDigits("a decimal point needs a digit after it: write 1.0, say")
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") {
                position += 1
            }
            try readDigits("an exponent needs a digit: write 1e3, say")
        }
        guard !continuesWord(at: position) else {
            throw fault("a number and letters together are a string: write \"…\" around them")
        }
        tokens.append(JSONToken(kind: .number, start: UInt32(start), end: UInt32(position)))
    }

    private mutating func readDigits(_ advice: String) throws(SyntaxError) {
        guard let first = current, first.isDecimalDigit else { throw fault(advice) }
        while let byte = current, byte.isDecimalDigit {
            position += 1
        }
    }
}
