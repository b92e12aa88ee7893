import GRDB
import Jobs

extension JobQuery {
    /// Reads a page: one more job than it holds tells whether there is another.
    func fetch(_ database: Database) throws -> JobPage {
        let (rows, total) = try rows(JobRecord.columns, database)
        return JobPage(
            jobs: try rows.prefix(limit).map(JobRecord.init(row:)),
            total: total,
            next: rows.count > limit ? try position(of: rows[limit - 1]) : nil,
            head: try Journal.head(in: database)
        )
    }

    /// Reads which jobs a page has, and since which change each is as it is.
    func names(_ database: Database) throws -> (rows: [Row], total: Int) {
        try rows("id, revision", database)
    }

    private func rows(_ columns: String, _ database: Database) throws -> (rows: [Row], total: Int) {
        let (matching, arguments) = conditions()
        let (beyond, position) = beyondPosition
        let total = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM job WHERE \(matching)",
            arguments: arguments
        )
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT \(columns)\(time.map { ", \($0) AS sorted" } ?? "") FROM job
                WHERE \(matching)\(beyond) ORDER BY \(time.map { "\($0) DESC, " } ?? "")id LIMIT :most
                """,
            arguments: arguments + position + ["most": limit + 1]
        )
        return (rows, total ?? 0)
    }

    func conditions() -> (String, StatementArguments) {
        var conditions = ["cluster = :cluster", "partition = :partition", JobRecord.isShownSQL]
        var arguments: StatementArguments = ["cluster": cluster, "partition": partition]
        if let phase {
            conditions.append("\(JobRecord.phaseSQL) = :phase")
            arguments += ["phase": phase.rawValue]
        }
        if let uid {
            conditions.append("uid = :uid")
            arguments += ["uid": uid]
        }
        if let text {
            conditions.append("(instr(lower(name), lower(:text)) OR instr(id, lower(:text)))")
            arguments += ["text": text]
        }
        return (conditions.joined(separator: " AND "), arguments)
    }

    /// The column to sort by before the id. Its texts sort as the times that they are; a time that is not known is the oldest.
    private var time: String? {
        switch order {
        case .id: nil
        case .newestFirst: "coalesce(created, '')"
        case .lastChangedFirst: "coalesce(updated, '')"
        }
    }

    private var beyondPosition: (String, StatementArguments) {
        guard let after else { return ("", [:]) }
        guard let time else { return (" AND id > :afterID", ["afterID": after.id]) }
        return (
            " AND (\(time) < :afterTime OR (\(time) = :afterTime AND id > :afterID))",
            ["afterID": after.id, "afterTime": after.time ?? ""]
        )
    }

    func position(of row: Row) throws -> Position {
        Position(order: order, id: try row.value("id"), time: time == nil ? nil : try row.value("sorted"))
    }
}

extension JobRecord {
    /// Whether the job is there for readers: its file is, or something of it is still in force.
    static let isShownSQL = "(blob IS NOT NULL OR applied IS NOT NULL)"
    /// ``phase``, in SQL.
    static let phaseSQL = "CASE WHEN applied IS NULL AND desired IS NULL THEN 'held' ELSE phase END"
}
