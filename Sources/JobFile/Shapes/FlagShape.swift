import Jobs

/// `true` or `false`.
struct FlagShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> Bool? {
        switch reader.tape.kind(token) {
        case .yes: return true
        case .no: return false
        case .object, .array, .string, .escapedString, .number, .null:
            reader.refuse(token, wanted: "true or false, without quotes")
            return nil
        }
    }

    var schema: JSONNode { ["type": "boolean"] }
}
