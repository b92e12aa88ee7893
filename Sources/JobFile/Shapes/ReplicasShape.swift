import Jobs

/// The list of replica groups, and with a warning the object `{"count", "replicas": […]}`.
struct ReplicasShape: Shape {
    private let group = ObjectShape(table: ReplicaGroupDraft.table)

    func read(_ token: Int, _ reader: inout Reader) -> [ReplicaGroupDraft]? {
        switch reader.tape.kind(token) {
        case .array:
            return readGroups(token, &reader)
        case .object:
            guard !isGroup(token, reader.tape) else { fallthrough }
            var wrapper = ReplicasObject()
            ReplicasObject.table.read(token, &reader, into: &wrapper)
            reader.warn(
                at: token,
                "\"replicas\" is a list: write the inner list alone; \"count\" beside it is not used"
            )
            return wrapper.replicas?.value
        case .string, .escapedString, .number, .yes, .no, .null:
            reader.refuse(token, wanted: "a list of objects, [{\"type\": \"worker\", \"resource\": { … }}]")
            return nil
        }
    }

    /// Whether an object is a group that stands where the list of groups should.
    private func isGroup(_ object: Int, _ tape: Tape) -> Bool {
        var isGroup = false
        tape.forEachKey(of: object) { key in
            isGroup = isGroup || ["type", "resource"].contains { tape.value(key).elementsEqual($0.utf8) }
        }
        return isGroup
    }

    fileprivate func readGroups(_ token: Int, _ reader: inout Reader) -> [ReplicaGroupDraft]? {
        var groups: [ReplicaGroupDraft] = []
        var element = token + 1
        let end = reader.tape.after(token)
        while element < end {
            let draft = group.read(element, &reader)
            // Each type at most once, so what comes after so many is faulty already.
            if groups.count < 64 {
                groups.append(draft ?? ReplicaGroupDraft())
            }
            element = reader.tape.after(element)
        }
        if element == token + 1 {
            reader.error(at: token, "a job needs a replica: write [{\"type\": \"worker\", \"resource\": { … }}]")
            return nil
        }
        return groups
    }

    var schema: JSONNode {
        let types = ReplicaType.allCases.map(\.rawValue).filter { $0 != "chief" && $0 != "master" }.map { [$0] }
        return [
            "type": "array",
            "minItems": 1,
            "items": group.schema,
            "allOf": .list(([["chief", "master"]] + types).map(Self.atMostOnce)),
        ]
    }

    private static func atMostOnce(_ types: [String]) -> JSONNode {
        let isOfType: JSONNode = [
            "properties": ["type": ["enum": .list(types.map(JSONNode.string))]], "required": ["type"],
        ]
        return ["contains": isOfType, "minContains": 0, "maxContains": 1]
    }
}

/// The list alone, as it stands in the lenient object.
private struct ReplicaListShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> [ReplicaGroupDraft]? {
        guard reader.tape.kind(token) == .array else {
            reader.refuse(token, wanted: "a list of objects, [{\"type\": \"worker\", \"resource\": { … }}]")
            return nil
        }
        return ReplicasShape().readGroups(token, &reader)
    }

    var schema: JSONNode { ["type": "array"] }
}

/// `{"count", "replicas": […]}` in place of the list.
private struct ReplicasObject: EmptyDraft {
    var replicas: Entry<[ReplicaGroupDraft]>?

    static let table = FieldTable<Self>(
        "\"replicas\" as an object",
        [
            Field(
                "count",
                IntegerShape(range: 0...Int(Int32.max)),
                misspelled: ["conut"],
                title: "Not used",
                description: "The list says it."
            ) { _, _ in },
            Field("replicas", ReplicaListShape(), required: true, title: "Replicas", description: "The list itself.") {
                $0.replicas = $1
            },
        ]
    )
}
