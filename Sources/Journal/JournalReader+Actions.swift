import GRDB

/// How many actions of a kind ended in a way.
public struct ActionCount: Sendable, Equatable {
    /// The kind's name, or `none` for what was superseded before it was planned.
    public let kind: String
    /// How they ended.
    public let result: ActionResult
    /// How many.
    public let count: Int
}

extension JournalReader {
    /// Counts the actions that ended, by kind and result.
    public func actionCounts() async throws -> [ActionCount] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT coalesce(kind, 'none') AS kind, result, count(*) AS actions FROM action WHERE result IS NOT NULL AND finished IS NOT NULL
                    GROUP BY 1, 2 ORDER BY 1, 2
                    """
            ).compactMap { row in
                guard let result: ActionResult = try row.word("result") else { return nil }
                return ActionCount(kind: try row.value("kind"), result: result, count: try row.value("actions"))
            }
        }
    }
}
