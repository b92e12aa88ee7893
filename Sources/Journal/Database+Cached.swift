import GRDB

extension Database {
    /// Executes a statement that is compiled once: of a first indexing's time, compiling is the larger part.
    func executeCached(sql: String, arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
