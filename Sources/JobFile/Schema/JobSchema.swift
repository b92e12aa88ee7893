import Jobs

/// The JSON Schema of the job file, for editors and for other programs.
///
/// It is built from the same field tables as the reader and covers the canonical spellings and the form that the
/// service returns, but not the variants that the reader accepts with a warning. Only the reader checks what a schema
/// can't express: the sum of the counts, a path that leads out of its folder, the bounds of long numbers in strings,
/// the folder's partition, and repeated keys.
public enum JobSchema {
    /// The schema as JSON text: draft 2020-12, <https://json-schema.org/draft/2020-12>.
    public static func document() -> String { schema.text() + "\n" }

    /// Both forms. With `if` instead of `oneOf`, a mistake is reported for the intended form, and an editor completes
    /// an empty file.
    static let schema: JSONNode = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A distributed TensorFlow training job",
        "description":
            "clusters/<cid>/partitions/<partition>/<id>.json in a jobs repository. The path is the job's key.",
        "type": "object",
        "if": ["anyOf": [["required": ["spec"]], ["required": ["metadata"]]]],
        "then": ["$ref": "#/$defs/serviceForm"],
        "else": ["$ref": "#/$defs/job"],
        "$defs": ["job": job, "serviceForm": serviceForm],
    ]

    /// The flat object, with `replicas` or with the short form.
    private static let job: JSONNode =
        ([
            "title": "Job"
        ] as JSONNode).adding(JobDraft.table.schema.members).adding([
            .init(name: "oneOf", value: [["required": ["bootfile"]], ["required": ["module"]]]),
            .init(name: "if", value: ["required": ["replicas"]]),
            .init(name: "then", value: ["not": ["anyOf": .list(shortForm.map { ["required": [$0]] })]]),
            .init(name: "else", value: ["required": ["cpu", "memory"], "properties": ["count": atLeastOne]]),
        ])

    private static let shortForm: [JSONNode] = ["type", "count", "cpu", "memory", "gpu"]

    /// The single group of the short form has a replica.
    private static let atLeastOne: JSONNode = ["minimum": 1, "pattern": "[1-9]"]

    private static let serviceForm: JSONNode = {
        let members = ObjectFormDraft.table.schema.members.map { member in
            member.name == "properties" ? JSONNode.Member(name: member.name, value: referring(member.value)) : member
        }
        return (["title": "Job as the service shows it"] as JSONNode).adding(members)
    }()

    /// Replaces the schema of `spec` by a reference to the job's.
    private static func referring(_ properties: JSONNode) -> JSONNode {
        .object(properties.members.map { $0.name == "spec" ? .init(name: "spec", value: ["$ref": "#/$defs/job"]) : $0 })
    }
}

/// A JSON value whose objects keep the order of their members, for the schema.
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

    /// The members of an object; empty for any other value.
    var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// The object with further members. Any other value is returned unchanged.
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
    /// The text with an indent of two spaces. A value that fits on a line is on one line.
    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .string(let text): return JSONText.quoted(text)
        case .integer(let number): return String(number)
        case .flag(let flag): return String(flag)
        case .list(let elements):
            return Self.lines(elements.map { $0.text(indent: inner) }, brackets: ("[", "]"), indent)
        case .object(let members):
            let texts = members.map { JSONText.quoted($0.name) + ": " + $0.value.text(indent: inner) }
            return Self.lines(texts, brackets: ("{", "}"), indent)
        }
    }

    private static func lines(_ items: [String], brackets: (String, String), _ indent: String) -> String {
        let line = brackets.0 + items.joined(separator: ", ") + brackets.1
        guard line.utf8.count > 80 || line.utf8.contains(UInt8(ascii: "\n")) else { return line }
        return brackets.0 + "\n" + items.map { indent + "  " + $0 }.joined(separator: ",\n") + "\n" + indent
            + brackets.1
    }
}
