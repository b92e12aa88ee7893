package import Git
import TestSupport

extension Fixture {
    /// Writes an object as it is, whatever git thinks of it.
    ///
    /// - Parameter bytes: in the notation of `printf`: `\\n`, `\\0`, `\\366`.
    package func literal(_ type: String, _ bytes: String) async throws -> ObjectID {
        let script = "printf '\(bytes)' | git hash-object --literally -t \(type) -w --stdin | tr -d '\\n'"
        return try await made(script)
    }

    /// The object that a script prints the name of.
    package func made(_ script: String) async throws -> ObjectID {
        guard let id = ObjectID(try await shell(script)) else { throw NeverHappened(description: script) }
        return id
    }

    /// Writes a commit with a header of the test's own.
    ///
    /// - Parameters:
    ///   - header: the lines behind the parents, in the notation of `printf`.
    ///   - message: the same.
    package func literalCommit(tree: String, parents: [ObjectID], _ header: String, message: String = "x\\n")
        async throws
        -> ObjectID
    {
        let lines = ["tree \(tree)"] + parents.map { "parent \($0)" } + [header]
        return try await literal("commit", lines.joined(separator: "\\n") + "\\n\\n" + message)
    }
}
