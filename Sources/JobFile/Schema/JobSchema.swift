import Jobs

/// The JSON Schema of the job file, for editors and for other programs.
///
/// Made from the same field tables as the reader. It says the canonical spellings and the form of the service; what the
/// reader takes with a warning is not in it. The rules that a schema can't say are the reader's alone: the sum of the
/// counts, a path that leads out of its folder, the bounds of long numbers in strings, the folder's partition, and keys
/// that are written twice.
public enum JobSchema {
    /// The schema as JSON text: draft 2020-12, <https://json-schema.org/draft/2020-12>.
    public static func document() -> String { schema.text() + "\n" }

    /// Both forms. `if` and not `oneOf`, so that a mistake is reported for the form that was meant, and an editor
    /// completes a file that is still empty.
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

    /// The short form's only group can't be empty.
    private static let atLeastOne: JSONNode = ["minimum": 1, "pattern": "[1-9]"]

    private static let serviceForm: JSONNode = {
        let members = ObjectFormDraft.table.schema.members.map { member in
            member.name == "properties" ? JSONNode.Member(name: member.name, value: referring(member.value)) : member
        }
        return (["title": "Job as the service shows it"] as JSONNode).adding(members)
    }()

    /// The job itself is said once.
    private static func referring(_ properties: JSONNode) -> JSONNode {
        .object(properties.members.map { $0.name == "spec" ? .init(name: "spec", value: ["$ref": "#/$defs/job"]) : $0 })
    }
}
