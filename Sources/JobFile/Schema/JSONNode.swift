import Jobs

/// A JSON value whose objects keep the order of their members: what a schema is made of.
indirect enum JSONNode: Sendable, Equatable {
    case string(String)
    case integer(Int)
    case flag(Bool)
    case list([JSONNode])
    case object([Member])

    struct Member: Sendable, Equatable {
        let name: String
        let value: JSONNode
    }

    /// Of an object; of another value, none.
    var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// An object with further members; of another value, the value itself.
    func adding(_ more: [Member]) -> JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members + more)
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    init(stringLiteral value: String) { self = .string(value) }

    init(integerLiteral value: Int) { self = .integer(value) }

    init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension JSONNode: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(arrayLiteral elements: JSONNode...) { self = .list(elements) }

    init(dictionaryLiteral elements: (String, JSONNode)...) {
        self = .object(elements.map { Member(name: $0, value: $1) })
    }
}

extension JSONNode {
    /// The text, with two blanks a level. What fits on a line stands on one.
    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .string(let text): return Self.quoted(text)
        case .integer(let number): return String(number)
        case .flag(let flag): return String(flag)
        case .list(let elements):
            return Self.lines(elements.map { $0.text(indent: inner) }, brackets: ("[", "]"), indent)
        case .object(let members):
            let texts = members.map { Self.quoted($0.name) + ": " + $0.value.text(indent: inner) }
            return Self.lines(texts, brackets: ("{", "}"), indent)
        }
    }

    private static func lines(_ items: [String], brackets: (String, String), _ indent: String) -> String {
        let line = brackets.0 + items.joined(separator: ", ") + brackets.1
        guard line.utf8.count > 80 || line.utf8.contains(UInt8(ascii: "\n")) else { return line }
        return brackets.0 + "\n" + items.map { indent + "  " + $0 }.joined(separator: ",\n") + "\n" + indent
            + brackets.1
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u00" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
