import Jobs

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
        tokens.append(Token(kind: .number, start: UInt32(start), end: UInt32(position)))
    }

    private mutating func readDigits(_ advice: String) throws(SyntaxError) {
        guard let first = current, first.isDecimalDigit else { throw fault(advice) }
        while let byte = current, byte.isDecimalDigit {
            position += 1
        }
    }
}
