import Foundation

/// A JSON value from an untrusted sender, read so that no other reader can see something else in it.
///
/// Foundation parses it. In addition, text that is not UTF-8, an object that repeats a name, and deep nesting are refused
/// (<https://www.rfc-editor.org/rfc/rfc8725#section-2.4>).
enum StrictJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([StrictJSON])
    case object([ExactText: StrictJSON])

    /// The error for every refused document. Its sender learns no more than that.
    struct Refused: Error {}

    /// How many objects and arrays may contain one another.
    static let deepest = 17

    /// Reads a document.
    init(_ document: some Collection<UInt8>) throws(Refused) {
        let bytes = Array(document)
        // Foundation would read UTF-16 and skip a byte-order mark.
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0), bytes.first != 0xEF else {
            throw Refused()
        }
        try Self.checkStructure(bytes)
        guard let value = try? JSONDecoder().decode(StrictJSON.self, from: Data(bytes)) else { throw Refused() }
        self = value
    }

    /// The value of a string; nil for any other value.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of a number; nil for any other value.
    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The elements of an array; nil for any other value.
    var elements: [StrictJSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// A member of an object; nil if there is none.
    subscript(_ name: String) -> StrictJSON? {
        guard case .object(let members) = self else { return nil }
        return members[ExactText(name)]
    }

    /// The value of a string, or of a list of strings, as in `aud`; nil for any other value.
    var texts: [String]? {
        if let text {
            return [text]
        }
        guard let elements else { return nil }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }

    /// Refuses what Foundation's parser accepts: a repeated name in an object, a comma before a closing bracket, and nesting
    /// deeper than ``deepest``.
    private static func checkStructure(_ bytes: [UInt8]) throws(Refused) {
        // The names of each open object, outermost first; nil for an array.
        var open: [Set<String>?] = []
        var last: UInt8?
        var expectsName = false
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"):
                open.append([])
                expectsName = true
            case UInt8(ascii: "["):
                open.append(nil)
                expectsName = false
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard last != UInt8(ascii: ","), !open.isEmpty else { throw Refused() }
                open.removeLast()
            case UInt8(ascii: ","):
                expectsName = open.last.map { $0 != nil } ?? false
            case UInt8(ascii: "\""):
                let literal = try stringLiteral(bytes[position...])
                position = literal.endIndex - 1
                guard expectsName else { break }
                expectsName = false
                guard let name = try? JSONDecoder().decode(String.self, from: Data(literal)),
                    open[open.count - 1]?.insert(name).inserted == true
                else { throw Refused() }
            default: break
            }
            guard open.count <= deepest else { throw Refused() }
            if bytes[position] > UInt8(ascii: " ") {
                last = bytes[position]
            }
            position += 1
        }
    }

    /// A string with its quotes, from the start of the bytes.
    private static func stringLiteral(_ bytes: ArraySlice<UInt8>) throws(Refused) -> ArraySlice<UInt8> {
        var isEscaped = false
        for index in bytes.indices.dropFirst() {
            switch bytes[index] {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): return bytes[...index]
            default: break
            }
        }
        throw Refused()
    }
}

extension StrictJSON: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Name.self) {
            self = .object(
                try container.allKeys.reduce(into: [:]) { members, name in
                    members[ExactText(name.stringValue)] = try container.decode(StrictJSON.self, forKey: name)
                }
            )
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [StrictJSON] = []
            while !container.isAtEnd {
                elements.append(try container.decode(StrictJSON.self))
            }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let bool = try? container.decode(Bool.self) {
                self = .bool(bool)
            } else if let number = try? container.decode(Double.self), number.isFinite {
                self = .number(number)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }
}

/// A text that equals another one only if all bytes are the same.
///
/// `String` compares by canonical equivalence: U+212A KELVIN SIGN equals the letter K. Where equality grants access, that would
/// be somebody else.
struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral {
    private let bytes: [UInt8]

    init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    init(stringLiteral text: String) { self.init(text) }
}

extension StringProtocol {
    /// Whether both texts have the same bytes.
    func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
