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
                    SELECT coalesce(kind, 'none'), result, count(*) FROM action WHERE result IS NOT NULL AND finished IS NOT NULL
                    GROUP BY 1, 2 ORDER BY 1, 2
                    """
            ).compactMap { row in
                ActionResult(rawValue: row[1]).map { ActionCount(kind: row[0], result: $0, count: row[2]) }
            }
        }
    }
}
