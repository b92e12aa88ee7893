import Jobs

/// A JSON text and its tokens, in the order of the text.
///
/// A member of an object is two tokens, the key's and, right after it, the value's.
struct Tape: Sendable {
    let bytes: [UInt8]
    let tokens: [Token]

    /// The whole document's value.
    static let root = 0

    func kind(_ token: Int) -> Token.Kind { tokens[token].kind }

    /// Where a token begins in the bytes.
    func offset(_ token: Int) -> Int { Int(tokens[token].start) }

    func isString(_ token: Int) -> Bool { kind(token) == .string || kind(token) == .escapedString }

    /// The index of the token after a value and all that is in it.
    func after(_ token: Int) -> Int {
        switch tokens[token].kind {
        case .object, .array: Int(tokens[token].end)
        case .string, .escapedString, .number, .yes, .no, .null: token + 1
        }
    }

    /// The bytes of a scalar as they stand in the file; of a string, what is between its quotes.
    func source(_ token: Int) -> ArraySlice<UInt8> { bytes[place(token)] }

    /// The value of a string, or the text of another scalar as it was written.
    func text(_ token: Int) -> String {
        kind(token) == .escapedString
            ? String(decoding: unescaped(token), as: UTF8.self)
            : String(decoding: source(token), as: UTF8.self)
    }

    /// The UTF-8 bytes of a scalar's value.
    func value(_ token: Int) -> ArraySlice<UInt8> {
        kind(token) == .escapedString ? unescaped(token)[...] : source(token)
    }

    /// Whether a scalar's value is this text.
    func isValue(of token: Int, _ text: StaticString) -> Bool {
        guard kind(token) != .escapedString else {
            return text.withUTF8Buffer { unsafe unescaped(token).elementsEqual($0) }
        }
        let place = place(token)
        return text.withUTF8Buffer { text in
            guard place.count == text.count else { return false }
            for index in text.indices where unsafe bytes[place.lowerBound + index] != text[index] { return false }
            return true
        }
    }

    /// Where the bytes of a scalar stand in the file; of a string, those between its quotes.
    func place(_ token: Int) -> Range<Int> {
        let (start, end) = (Int(tokens[token].start), Int(tokens[token].end))
        return isString(token) ? start + 1..<end - 1 : start..<end
    }

    /// Calls a closure with each member's key; the value is the next token.
    func forEachKey(of object: Int, _ body: (Int) -> Void) {
        let end = after(object)
        var key = object + 1
        while key < end {
            body(key)
            key = after(key + 1)
        }
    }

    /// Calls a closure with each element of an array.
    func forEachElement(of array: Int, _ body: (Int) -> Void) {
        let end = after(array)
        var element = array + 1
        while element < end {
            body(element)
            element = after(element)
        }
    }

    /// Resolves the escapes, which the tokenizer found to be right.
    private func unescaped(_ token: Int) -> [UInt8] {
        let source = source(token)
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var position = source.startIndex
        while position < source.endIndex {
            guard source[position] == UInt8(ascii: "\\") else {
                result.append(source[position])
                position += 1
                continue
            }
            let (scalar, length) = Escape.decode(source, at: position)
            result.append(contentsOf: String(scalar).utf8)
            position += length
        }
        return result
    }
}
