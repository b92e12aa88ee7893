import Jobs

/// What a value of the job file may be: the one place from which both the reading and the schema of a key come.
protocol Shape<Value>: Sendable {
    associatedtype Value

    /// Reads the value at a token.
    ///
    /// - Returns: nil where the value can't be used; then the reader has been told why.
    func read(_ token: Int, _ reader: inout Reader) -> Value?

    /// The JSON Schema of the canonical spellings.
    var schema: JSONNode { get }
}

/// A value that was written, and where.
struct Entry<Value: Sendable>: Sendable {
    let token: Int
    /// Nil where it can't be used.
    let value: Value?
}
