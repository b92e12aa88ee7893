import Jobs

/// An object with known keys.
struct ObjectShape<Value: EmptyDraft>: Shape {
    let table: FieldTable<Value>

    func read(_ token: Int, _ reader: inout Reader) -> Value? {
        guard reader.tape.kind(token) == .object else {
            reader.refuse(token, wanted: "an object, { … }")
            return nil
        }
        var draft = Value()
        table.read(token, &reader, into: &draft)
        return draft
    }

    var schema: JSONNode { table.schema }
}

/// What an object is read into: empty at first.
protocol EmptyDraft: Sendable {
    init()
}
