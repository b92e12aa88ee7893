/// Reads a document by the grammar of <https://www.rfc-editor.org/rfc/rfc8259>, and by nothing more lenient.
struct StrictJSONReader {
    private typealias Refused = StrictJSON.Refused

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(StrictJSON.Refused) -> StrictJSON {
        let value = try value(depth: 0)
        skipBlanks()
        guard place == bytes.count else { throw Refused() }
        return value
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) {
            place += 1
        }
    }

    /// Takes a character after blanks, if it is the next one.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        return skip(character)
    }

    private mutating func value(depth: Int) throws(Refused) -> StrictJSON {
        guard depth <= StrictJSON.deepest else { throw Refused() }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(Refused) -> StrictJSON {
        place += 1
        var members: [ExactText: StrictJSON] = [:]
        guard !take("}") else { return .object(members) }
        // Two spellings of one name are one name to other readers.
        var names: Set<String> = []
        repeat {
            skipBlanks()
            let name = try string()
            guard take(":") else { throw Refused() }
            let value = try value(depth: depth + 1)
            guard names.insert(name).inserted else { throw Refused() }
            members[ExactText(name)] = value
        } while take(",")
        guard take("}") else { throw Refused() }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Refused) -> StrictJSON {
        place += 1
        var elements: [StrictJSON] = []
        guard !take("]") else { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
        } while take(",")
        guard take("]") else { throw Refused() }
        return .array(elements)
    }

    private mutating func word(_ word: String, _ value: StrictJSON) throws(Refused) -> StrictJSON {
        guard bytes[place...].starts(with: word.utf8) else { throw Refused() }
        place += word.utf8.count
        return value
    }

    private mutating func number() throws(Refused) -> Double {
        let start = place
        skip("-")
        if !skip("0") {
            try digits()
        }
        if skip(".") {
            try digits()
        }
        if skip("e") || skip("E") {
            if !skip("+") {
                skip("-")
            }
            try digits()
        }
        guard let number = Double(String(decoding: bytes[start..<place], as: UTF8.self)), number.isFinite else {
            throw Refused()
        }
        return number
    }

    /// Takes a character that must follow at once, if it is the next one.
    @discardableResult
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func digits() throws(Refused) {
        let start = place
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
            place += 1
        }
        guard place > start else { throw Refused() }
    }

    private mutating func string() throws(Refused) -> String {
        guard next == UInt8(ascii: "\"") else { throw Refused() }
        place += 1
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Refused() }
            place += 1
            if byte == UInt8(ascii: "\\") {
                text += String(Character(try escape())).utf8
            } else {
                text.append(byte)
            }
        }
        guard next != nil else { throw Refused() }
        place += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape() throws(Refused) -> Unicode.Scalar {
        guard let byte = next else { throw Refused() }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default: throw Refused()
        }
    }

    private mutating func codePoint() throws(Refused) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) {
            return scalar
        }
        // Not a scalar by itself: half of a pair.
        guard (0xD800..<0xDC00).contains(unit), bytes[place...].starts(with: "\\u".utf8) else { throw Refused() }
        place += 2
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        else { throw Refused() }
        return scalar
    }

    private mutating func codeUnit() throws(Refused) -> UInt16 {
        guard place + 4 <= bytes.count else { throw Refused() }
        let digits = bytes[place..<place + 4].compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 4 else { throw Refused() }
        place += 4
        return digits.reduce(0) { $0 << 4 | UInt16($1) }
    }
}
