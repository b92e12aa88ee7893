/// A job that another one waits for, and where the file of the waiting one says so.
public struct Dependency: Hashable, Sendable, Codable {
    /// The id of a job in the same partition.
    public let id: String
    /// Where in the document, as a JSON Pointer (RFC 6901).
    public let pointer: String
    /// From 1.
    public let line: Int
    /// From 1, in Unicode scalars.
    public let column: Int

    /// Takes the place of one element of `dependsOn`.
    public init(id: String, pointer: String, line: Int = 1, column: Int = 1) {
        self.id = id
        self.pointer = pointer
        self.line = line
        self.column = column
    }
}

extension JobKey {
    /// Another job of the same partition.
    public func sibling(_ id: String) -> JobKey {
        JobKey(cluster: cluster, partition: partition, id: id)
    }
}
