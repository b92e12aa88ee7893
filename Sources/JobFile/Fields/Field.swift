import Jobs

/// One key of an object in the job file: all that there is to know of it.
struct Field<Target>: Sendable {
    let name: Keyword
    /// Spellings that are read, with a warning.
    let misspellings: [Keyword]
    let isRequired: Bool
    let schema: JSONNode
    /// Reads the value at a token into the target.
    let read: @Sendable (_ token: Int, inout Reader, inout Target) -> Void

    /// - Parameters:
    ///   - misspelled: spellings that are read, with a warning.
    ///   - title: a few words, for an editor's completion list.
    ///   - description: what the key means, what it may be, and what its absence means.
    ///   - initial: what its absence means, where that is a value.
    ///   - store: puts the value in its place. It is called for a faulty value too.
    init<Kind: Shape>(
        _ name: String,
        _ shape: Kind,
        required: Bool = false,
        misspelled: [String] = [],
        title: String,
        description: String,
        examples: [JSONNode] = [],
        initial: JSONNode? = nil,
        store: @escaping @Sendable (inout Target, Entry<Kind.Value>) -> Void
    ) {
        self.name = Keyword(name)
        misspellings = misspelled.map(Keyword.init)
        isRequired = required
        var members: [JSONNode.Member] = []
        if let initial {
            members.append(.init(name: "default", value: initial))
        }
        if !examples.isEmpty {
            members.append(.init(name: "examples", value: .list(examples)))
        }
        schema = (["title": .string(title), "description": .string(description)] as JSONNode).adding(
            shape.schema.members + members
        )
        read = { token, reader, target in
            store(&target, Entry(token: token, value: shape.read(token, &reader)))
        }
    }
}
