import Jobs

/// The list of replica groups; with a warning also the object `{"count", "replicas": […]}`.
struct ReplicasShape: Shape {
    private let group = ObjectShape(table: ReplicaGroupDraft.table)

    func readValue(_ token: Int, _ reader: inout Reader) -> [ReplicaGroupDraft]? {
        switch reader.tape.kind(token) {
        case .array:
            return readGroups(token, &reader)
        case .object:
            guard !isGroup(token, reader.tape) else { fallthrough }
            var wrapper = ReplicasObject()
            ReplicasObject.table.readObject(token, &reader, into: &wrapper)
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

    /// Whether an object in place of the list is a single group.
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
            let draft = group.readValue(element, &reader)
            // Each type is allowed once, so a longer list has an error already.
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

/// The list within the accepted object.
private struct ReplicaListShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> [ReplicaGroupDraft]? {
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

/// The ids of other jobs of the same partition.
struct DependenciesShape: Shape {
    /// The maximum number of ids.
    static let most = 10_000

    func readValue(_ token: Int, _ reader: inout Reader) -> [String]? {
        guard reader.tape.kind(token) == .array else {
            reader.refuse(token, wanted: "a list of job ids, [\"prepare\"], say")
            return nil
        }
        var ids: [String] = []
        var known: Set<String> = []
        var (element, index) = (token + 1, 0)
        let end = reader.tape.after(token)
        while element < end {
            guard index < Self.most else {
                reader.error(
                    at: element,
                    "there are more than \(Self.most) ids: let a job between wait for some of them, and this one for it"
                )
                return nil
            }
            if let id = id(element, &reader) {
                ids.append(id)
                if known.insert(id).inserted {
                    reader.dependencies.append(DependencyToken(token: element, list: token, index: index))
                } else {
                    reader.error(at: element, "\"\(id)\" stands twice in this list: leave one out")
                }
            }
            element = reader.tape.after(element)
            index += 1
        }
        return ids
    }

    private func id(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a job's id as a string, \"prepare\", say")
            reader.refuseRepeats(below: token)
            return nil
        }
        let id = reader.tape.text(token)
        if let fault = JobPath.labelFault(id, limit: JobPath.longestID) {
            reader.error(
                at: token,
                "\(Quoted.text(id)) is no job id, it \(fault): write the name of a file of this folder, without .json"
            )
            return nil
        }
        guard id != reader.key.id else {
            reader.error(at: token, "a job can't wait for itself: leave \"\(id)\" out")
            return nil
        }
        return id
    }

    var schema: JSONNode {
        [
            "type": "array",
            "items": LabelPattern.schema(longest: JobPath.longestID),
            "maxItems": .integer(Self.most),
            "uniqueItems": true,
        ]
    }
}

/// The exit codes that may be retried.
struct ExitCodesShape: Shape {
    private let code = IntegerShape(range: 1...255)

    func readValue(_ token: Int, _ reader: inout Reader) -> [Int]? {
        guard reader.tape.kind(token) == .array else {
            reader.refuse(token, wanted: "a list of exit codes, for example [42]")
            return nil
        }
        var codes: [Int] = []
        var element = token + 1
        let end = reader.tape.after(token)
        while element < end {
            if let code = code.readValue(element, &reader) {
                if codes.contains(code) {
                    reader.error(at: element, "\"\(code)\" is twice in this list: leave one out")
                }
                codes.append(code)
            }
            element = reader.tape.after(element)
        }
        return codes
    }

    var schema: JSONNode { ["type": "array", "items": code.schema, "uniqueItems": true] }
}
