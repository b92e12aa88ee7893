import Formats

/// JSON text on one line, written piece by piece: RFC 8259.
///
/// Each `begin` needs its `end`, and each key its value. Commas are added automatically.
package struct JSONText {
    private var bytes: [UInt8] = []
    private var needsComma = false

    /// Begins an empty text.
    package init() {
        bytes.reserveCapacity(1024)
    }

    /// What is written so far.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    /// A string in quotes.
    package static func quoted(_ text: String) -> String {
        var json = JSONText()
        json.writeString(text)
        return json.string
    }

    package mutating func beginObject() { begin("{") }

    package mutating func endObject() { end("}") }

    package mutating func beginList() { begin("[") }

    package mutating func endList() { end("]") }

    private mutating func begin(_ bracket: Unicode.Scalar) {
        writeComma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func writeComma() {
        if needsComma {
            bytes.append(UInt8(ascii: ","))
        }
        needsComma = true
    }

    /// Writes a key that needs no escapes.
    package mutating func writeKey(_ key: StaticString) {
        writeComma()
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes += "\":".utf8
        needsComma = false
    }

    package mutating func writeKey(_ key: String) {
        writeString(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func writeString(_ text: String) {
        writeComma()
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { unsafe append(escaping: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a whole number.
    package mutating func writeNumber(_ number: Int) {
        writeComma()
        bytes += String(number).utf8
    }

    /// Writes `true` or `false`.
    package mutating func writeFlag(_ flag: Bool) {
        writeComma()
        bytes += (flag ? "true" : "false").utf8
    }

    /// Escapes what RFC 8259, section 7, demands.
    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        guard unsafe text.contains(where: Self.isEscaped) else { return unsafe bytes.append(contentsOf: text) }
        for index in text.indices {
            let byte = unsafe text[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x20...: bytes.append(byte)
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            default: bytes += "\\u00\([byte].hexadecimal)".utf8
            }
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
