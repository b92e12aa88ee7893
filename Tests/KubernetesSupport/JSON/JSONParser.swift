/// Reads a JSON text. Foundation's decoder tells numbers and booleans apart only by trying, which is slow for thousands of objects.
struct JSONParser {
    /// A text that is not JSON.
    struct Failure: Error {
        /// In bytes.
        let offset: Int
        let message: String
    }

    private let bytes: [UInt8]
    private var position = 0
    /// Keys that came twice in one object, by dotted path.
    private(set) var duplicates: [String] = []
    private var path: [String] = []

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Returns: the value, and the keys that came twice.
    static func parse(_ bytes: [UInt8]) throws(Failure) -> (value: JSONTree, duplicates: [String]) {
        var parser = JSONParser(bytes)
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.failure("text after the value") }
        return (value, parser.duplicates)
    }

    private func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(Failure) -> JSONTree {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONTree) throws(Failure) -> JSONTree {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("not a value") }
        position += word.utf8.count
        return value
    }

    private mutating func object() throws(Failure) -> JSONTree {
        position += 1
        var members: [String: JSONTree] = [:]
        skipBlanks()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw failure("a key is missing") }
            let key = try string()
            skipBlanks()
            guard next == UInt8(ascii: ":") else { throw failure("a colon is missing") }
            position += 1
            path.append(key)
            let value = try value()
            if members.updateValue(value, forKey: key) != nil {
                duplicates.append(path.joined(separator: "."))
            }
            path.removeLast()
            skipBlanks()
            defer { position += 1 }
            if next == UInt8(ascii: "}") { return .object(members) }
            guard next == UInt8(ascii: ",") else { throw failure("a comma or a brace is missing") }
        }
    }

    private mutating func array() throws(Failure) -> JSONTree {
        position += 1
        var elements: [JSONTree] = []
        skipBlanks()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipBlanks()
            defer { position += 1 }
            if next == UInt8(ascii: "]") { return .array(elements) }
            guard next == UInt8(ascii: ",") else { throw failure("a comma or a bracket is missing") }
        }
    }

    private mutating func number() throws(Failure) -> JSONTree {
        let start = position
        while let byte = next,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
        {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let whole = Int(text) { return .integer(whole) }
        guard let value = Double(text) else { throw failure("not a value") }
        return .decimal(value)
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw failure("a control character in a string")
            default: content.append(byte)
            }
        }
        throw failure("a string without an end")
    }

    private mutating func escape() throws(Failure) -> String {
        guard let byte = next else { throw failure("an escape without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: return String(UnicodeScalar(byte))
        }
    }

    private mutating func unicodeEscape() throws(Failure) -> String {
        var units = [try codeUnit()]
        if (0xD800..<0xDC00).contains(units[0]), bytes[position...].starts(with: "\\u".utf8) {
            position += 2
            units.append(try codeUnit())
        }
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        let digits = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
        guard let unit = UInt16(digits, radix: 16) else { throw failure("four hexadecimal digits are missing") }
        position += 4
        return unit
    }
}
