public import Foundation
import GRDB
public import Jobs

/// One event of a job's history: an action with its run, a commit that only changed the file or only the code, or a run that the journal did
/// not see begin.
public struct HistoryItem: Sendable, Equatable {
    /// The run of an event.
    public struct Run: Sendable, Equatable {
        /// The run's number.
        public let number: Int
        /// A ``Phase``, or ``HistoryItem/stopped``; nil if unknown.
        public let phase: String?
        /// One word for programs; empty if there is nothing to explain.
        public let reason: String
        /// A sentence for people.
        public let message: String
        /// When its first replica began.
        public let startTime: Date?
        /// When it ended.
        public let completionTime: Date?
        /// How long it had run at the end of this item's part of it; nil if no replica has started.
        public let active: ActiveTime?
    }

    /// The phase of a run that neither succeeded nor failed: its job was replaced or deleted.
    public static let stopped = "stopped"

    /// When it ended, began or was seen; nil if unknown.
    public let time: Date?
    /// The commit that asked for it; author and message are empty if unknown.
    public let commit: CommitRecord
    /// Nil before it is planned, and if there was nothing to do.
    public let action: ActionKind?
    /// Whether an action was planned or will be.
    public let hasAction: Bool
    /// Nil while it is under way, and without an action.
    public let result: ActionResult?
    /// Why the action failed, or is tried again.
    public let error: String?
    /// The run that is in force after it; nil for none. If a suspension ended this item's part of the run, phase and active time are
    /// those of that moment.
    public let run: Run?
    /// What a commit that only changed the code means for the run; nil for other items.
    public let note: String?
    /// What happened to this run from this action until the next action on it, oldest first.
    public internal(set) var events: [RunEvent] = []
    /// The time whose events of the run belong to this item.
    let period: Period

    /// A time that begins and ends with actions; nil for no limit.
    struct Period: Sendable, Equatable {
        let start: Date?
        let end: Date?

        func contains(_ time: Date) -> Bool { start.map { time >= $0 } ?? true && end.map { time < $0 } ?? true }
    }
}

/// One page of a job's history, newest first.
public struct HistoryPage: Sendable {
    /// The items.
    public let items: [HistoryItem]
    /// The number of items on all pages.
    public let total: Int
    /// The position of the next page; nil on the last.
    public let next: Position?

    /// The last item of a page. It stays a position when newer items come.
    public struct Position: Sendable, Codable, Equatable {
        let time: String
        let number: Int64
        let name: String
    }
}

extension JournalReader {
    /// The history of a job, also of a deleted one.
    ///
    /// - Parameters:
    ///   - key: the job.
    ///   - limit: the most items, from 1.
    ///   - position: the end of the page before; nil for the first page.
    /// - Returns: nil if there never was such a job.
    public func history(
        of key: JobKey,
        limit: Int = 500,
        after position: HistoryPage.Position? = nil
    ) async throws -> HistoryPage? {
        try await database.read { database in
            let arguments: StatementArguments = ["cluster": key.cluster, "partition": key.partition, "id": key.id]
            let total = try Int.fetchOne(
                database,
                sql: "WITH \(HistoryItem.all) SELECT count(*) FROM item",
                arguments: arguments
            )
            guard let total, total > 0 else { return nil }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    WITH \(HistoryItem.all)
                    SELECT item.*, c.author, c.message, coalesce(partPhase, r.phase) AS phase, r.reason,
                        r.message AS explanation, r.started, r.completed,
                        iif(partPhase IS NULL, r.activeSeconds, partSeconds) AS activeSeconds,
                        iif(partPhase IS NULL, r.activeSince, NULL) AS activeSince
                    FROM item LEFT JOIN "commit" c ON c.sha = item."commit"
                    LEFT JOIN run r ON r.cluster = :cluster AND r.partition = :partition AND r.id = :id
                        AND r.number = item.run
                    WHERE :time IS NULL OR (item.position, item.number, item.name) < (:time, :number, :name)
                    ORDER BY item.position DESC, item.number DESC, item.name DESC LIMIT :most
                    """,
                arguments: arguments + [
                    "time": position?.time, "number": position?.number, "name": position?.name, "most": limit + 1,
                ]
            )
            let last = rows.count > limit ? rows[limit - 1] : nil
            return HistoryPage(
                items: try Self.addingEvents(to: rows.prefix(limit).map(HistoryItem.init), of: key, in: database),
                total: total,
                next: try last.map {
                    .init(time: try $0.value("position"), number: try $0.value("number"), name: try $0.value("name"))
                }
            )
        }
    }
}

extension JournalReader {
    /// Adds the events of the items' runs, each to the item in whose period it happened.
    private static func addingEvents(
        to items: [HistoryItem],
        of key: JobKey,
        in database: Database
    ) throws -> [HistoryItem] {
        let numbers = items.compactMap(\.run?.number)
        guard let first = numbers.min(), let last = numbers.max() else { return items }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM event WHERE cluster = ? AND partition = ? AND id = ? AND run BETWEEN ? AND ? ORDER BY number
                """,
            arguments: [key.cluster, key.partition, key.id, first, last]
        )
        let events = try Dictionary(grouping: rows.map(RunEvent.init(row:)), by: \.run)
        return items.map { item in
            guard let run = item.run else { return item }
            var item = item
            item.events = events[run.number, default: []].filter { item.period.contains($0.time) }
            return item
        }
    }
}

extension HistoryItem {
    /// All items of a job, as the table `item`. An unknown time counts as the oldest.
    ///
    /// `position` is their order: the time, but never before that of an earlier action or run. A clock that was set back moves nothing.
    fileprivate static let all = """
        own AS (
            SELECT *, lag(intended) OVER period IS NULL AS isFirst, lead(intended) OVER period AS successor FROM action
            WHERE cluster = :cluster AND partition = :partition AND id = :id
            WINDOW period AS (PARTITION BY run ORDER BY number)
        ),
        entry AS (
            SELECT coalesce(own.finished, own.intended, c.seen, '') AS time, number, '' AS name, own."commit", 1 AS acts,
                kind, result, error, run, iif(isFirst, NULL, intended) AS start, successor,
                phase AS partPhase, activeSeconds AS partSeconds, NULL AS note
            FROM own LEFT JOIN "commit" c ON c.sha = own."commit"
            UNION ALL
            SELECT seen, 0, 'commit ' || "commit", "commit", 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM touch
            WHERE cluster = :cluster AND partition = :partition AND id = :id
                AND "commit" NOT IN (SELECT "commit" FROM own)
            UNION ALL
            SELECT time, 0, name, "commit", 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, note
            FROM (\(CodeChanges.items))
            UNION ALL
            SELECT coalesce(started, ''), 0, printf('run %020d', number), "commit", 0, NULL, NULL, NULL, number,
                NULL, NULL, NULL, NULL, NULL
            FROM run
            WHERE cluster = :cluster AND partition = :partition AND id = :id
                AND number NOT IN (SELECT run FROM own WHERE run IS NOT NULL)
        ),
        item AS (
            SELECT *, iif(acts OR run IS NOT NULL, max(time) OVER earlier, time) AS position FROM entry
            WINDOW earlier AS (
                PARTITION BY iif(acts, 0, iif(run IS NULL, 1, 2)) ORDER BY number, name
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
        )
        """

    fileprivate init(_ row: Row) throws {
        let time: String = try row.value("time")
        self.time = time.isEmpty ? nil : try row.time("time")
        let (author, message): (String?, String?) = (try row.value("author"), try row.value("message"))
        commit = CommitRecord(sha: try row.value("commit"), author: author ?? "", message: message ?? "")
        note = try row.value("note")
        hasAction = try row.value("acts")
        result = try row.word("result")
        let error: String? = try row.value("error")
        // An action that waits for other jobs is not planned yet. The status of the job says what it waits for.
        let isWaiting = result == nil && error != nil
        action = isWaiting ? nil : try row.word("kind")
        self.error = isWaiting ? nil : error
        period = Period(start: try row.time("start"), end: try row.time("successor"))
        let number: Int? = try row.value("run")
        guard number ?? 0 > 0 else {
            run = nil
            return
        }
        let (reason, explanation): (String?, String?) = (try row.value("reason"), try row.value("explanation"))
        run = Run(
            number: try row.runNumber(),
            phase: try row.value("phase"),
            reason: reason ?? "",
            message: explanation ?? "",
            startTime: try row.time("started"),
            completionTime: try row.time("completed"),
            active: try row.activeTime()
        )
    }
}
