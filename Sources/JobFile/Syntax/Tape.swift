import Jobs

/// A JSON text and its tokens in the order of the text.
///
/// A member of an object is a key token followed by a value token.
struct Tape: Sendable {
    let bytes: [UInt8]
    let tokens: [JSONToken]

    /// The token of the whole document.
    static let root = 0

    func kind(_ token: Int) -> JSONToken.Kind { tokens[token].kind }

    /// The index of a token's first byte.
    func offset(_ token: Int) -> Int { Int(tokens[token].start) }

    func isString(_ token: Int) -> Bool { kind(token) == .string || kind(token) == .escapedString }

    /// The index of the token after a value and its content.
    func after(_ token: Int) -> Int {
        switch tokens[token].kind {
        case .object, .array: Int(tokens[token].end)
        case .string, .escapedString, .number, .yes, .no, .null: token + 1
        }
    }

    /// The bytes of a scalar in the file; for a string, those between the quotes.
    func source(_ token: Int) -> ArraySlice<UInt8> { bytes[place(token)] }

    /// The value of a string, or the text of another scalar.
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

    /// The byte range of a scalar; for a string, between the quotes.
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

    /// Resolves the escapes, which the tokenizer has checked.
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

extension Tape {
    /// The maximum length of a pointer in bytes: each issue below a long key would repeat the key.
    private static let longestPointer = 1024

    /// The JSON Pointer (RFC 6901) of a value or of a key's member. If it is too long, the pointer of the nearest
    /// enclosing value whose pointer is short enough.
    ///
    /// It walks down from the root, so use it for issues only.
    func pointer(_ token: Int) -> String {
        var result = ""
        var container = Self.root
        while container < token, let (step, next) = step(towards: token, in: container) {
            guard result.utf8.count + step.utf8.count < Self.longestPointer else { break }
            result += "/" + step
            container = next
        }
        return result
    }

    private func step(towards token: Int, in container: Int) -> (step: String, next: Int)? {
        let end = after(container)
        var child = container + 1
        var index = 0
        switch kind(container) {
        case .object:
            while child < end {
                if token < after(child + 1) {
                    return (Self.reference(text(child)), child + 1)
                }
                child = after(child + 1)
            }
        case .array:
            while child < end {
                if token < after(child) {
                    return (String(index), child)
                }
                child = after(child)
                index += 1
            }
        case .string, .escapedString, .number, .yes, .no, .null:
            break
        }
        return nil
    }

    /// Escapes a key for a pointer: `~` is `~0`, `/` is `~1`.
    static func reference(_ key: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": result.append(contentsOf: "~0".unicodeScalars)
            case "/": result.append(contentsOf: "~1".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

/// The place of one value or key in a JSON text.
///
/// It has twelve bytes, so that the largest job file has a tape of a few megabytes.
struct JSONToken: Sendable {
    enum Kind: UInt8, Sendable {
        case object, array
        /// A string without escapes: its value is the text between the quotes.
        case string
        /// A string with at least one escape.
        case escapedString
        case number, yes, no, null
    }

    let kind: Kind
    /// The offset of the first byte; for a string, of the opening quote.
    let start: UInt32
    /// For an object or array: the index of the token after its last descendant. For any other token: the offset after
    /// its last byte.
    var end: UInt32
}

/// The first syntax error of a text, and what to write instead.
struct SyntaxError: Error {
    /// The offset of the wrong byte; the text's length if the text ends too early.
    let offset: Int
    let message: String
    /// The innermost open object or array, as a JSON Pointer.
    var pointer = ""
}

/// Converts offsets to lines and columns, both from 1. Columns count Unicode scalars.
struct TextPositions {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The position of an offset. In ascending order, all positions of a file cost one pass.
    mutating func position(at target: Int) -> (line: Int, column: Int) {
        if target < offset {
            self = TextPositions(bytes)
        }
        for byte in bytes[offset..<min(target, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        offset = max(offset, min(target, bytes.count))
        return (line, column)
    }
}
