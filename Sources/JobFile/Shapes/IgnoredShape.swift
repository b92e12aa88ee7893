import Jobs

/// A value that the service writes and nobody reads back. Only a key that stands twice in it is an error.
struct IgnoredShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> Bool? {
        reader.refuseRepeats(below: token)
        return true
    }

    var schema: JSONNode { ["readOnly": true] }
}
