public import Foundation
import GRDB
public import Jobs

// What the journal forgets. The row of a job that is gone stays: it has the number of the job's last run, and no number is given
// twice.

extension Journal {
    /// The runs that are over, and are older than the rule for their job allows.
    ///
    /// The newest run of a job that is in force never is among them: other jobs may depend on it, and it may be suspended.
    ///
    /// - Parameters:
    ///   - count: how many runs of a job stay, the newest.
    ///   - time: runs that ended before this time go, however few there are.
    ///   - includingGoneJobs: whether all runs of jobs that are gone are among them.
    ///   - limit: the most runs to return.
    public func runsToForget(
        keeping count: Int,
        endedBefore time: Date,
        includingGoneJobs: Bool = false,
        limit: Int
    ) async throws -> [RunID] {
        try await pool.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, number AS run FROM (
                        SELECT run.*, row_number() OVER (PARTITION BY run.cluster, run.partition, run.id ORDER BY number DESC) AS place,
                            coalesce(job.run = run.number AND job.applied IS NOT NULL, 0) AS isInForce,
                            job.applied IS NULL AND job.blob IS NULL AS isGone
                        FROM run LEFT JOIN job
                            ON job.cluster = run.cluster AND job.partition = run.partition AND job.id = run.id
                    )
                    WHERE NOT isInForce AND phase IN ('succeeded', 'failed', :stopped)
                        AND (place > :count OR coalesce(completed, started) < :time OR (isGone AND :gone))
                    LIMIT :limit
                    """,
                arguments: [
                    "stopped": HistoryItem.stopped, "count": count, "time": time, "gone": includingGoneJobs,
                    "limit": limit,
                ]
            )
            return try rows.map { row in
                let key = JobKey(
                    cluster: try row.value("cluster"),
                    partition: try row.value("partition"),
                    id: try row.value("id")
                )
                return RunID(key: key, number: try row.runNumber())
            }
        }
    }

    /// Forgets runs, with their actions and events.
    public func forgetRuns(_ runs: [RunID]) async throws {
        guard !runs.isEmpty else { return }
        try await write { database in
            for run in runs {
                let key = run.key
                let arguments: StatementArguments = [key.cluster, key.partition, key.id, run.number]
                let place = "cluster = ?1 AND partition = ?2 AND id = ?3"
                try Self.forgetActions("\(place) AND run = ?4 AND finished IS NOT NULL", arguments, in: database)
                try database.executeCached(sql: "DELETE FROM event WHERE \(place) AND run = ?4", arguments: arguments)
                try database.executeCached(sql: "DELETE FROM run WHERE \(place) AND number = ?4", arguments: arguments)
            }
        }
    }

    /// Forgets what commits did before a time, and the commits that nothing names any more. Of each job the newest action stays.
    public func forgetCommits(before time: Date) async throws {
        try await write { database in
            try Self.forgetActions(
                """
                finished < ?1 AND number < (
                    SELECT max(number) FROM action newer WHERE newer.cluster = action.cluster
                        AND newer.partition = action.partition AND newer.id = action.id
                )
                """,
                [time],
                in: database
            )
            for table in ["touch", "codeChange"] {
                try database.executeCached(sql: "DELETE FROM \(table) WHERE seen < ?", arguments: [time])
            }
            try database.executeCached(
                sql: """
                    DELETE FROM "commit" WHERE seen < ? AND sha NOT IN (
                        SELECT value FROM service WHERE name = 'head'
                        UNION SELECT "commit" FROM job UNION SELECT dirty FROM job WHERE dirty IS NOT NULL
                        UNION SELECT runCommit FROM job WHERE runCommit IS NOT NULL
                        UNION SELECT "commit" FROM action UNION SELECT "commit" FROM run
                        UNION SELECT runCommit FROM run WHERE runCommit IS NOT NULL
                    )
                    """,
                arguments: [time]
            )
            try Definitions.removeUnused(in: database)
        }
    }

    /// Deletes actions. Their numbers stay in the totals of ``JournalReader/actionCounts()``.
    private static func forgetActions(
        _ condition: String,
        _ arguments: StatementArguments,
        in database: Database
    ) throws {
        let counts = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT coalesce(kind, 'none') AS kind, result, count(*) AS actions FROM action
                    WHERE result IS NOT NULL AND finished IS NOT NULL AND \(condition) GROUP BY 1, 2
                    """
            ),
            arguments: arguments
        ).compactMap(ActionCount.init(row:))
        guard !counts.isEmpty else { return }
        let totals = ActionCount.sum(try forgottenActions(in: database) + counts)
        try setServiceValue("forgottenActions", to: StoredValue.text(totals), in: database)
        try database.executeCached(sql: "DELETE FROM action WHERE \(condition)", arguments: arguments)
    }

    /// The numbers of the actions that were deleted.
    static func forgottenActions(in database: Database) throws -> [ActionCount] {
        let text = try String.fetchOne(database, sql: "SELECT value FROM service WHERE name = 'forgottenActions'")
        return try text.map { try StoredValue.read([ActionCount].self, from: $0) } ?? []
    }

    /// The commits whose code a run may still need: those of runs that are not over, of actions that are not finished, and the
    /// newest one.
    public func commitsInUse() async throws -> Set<String> {
        try await pool.read { database in
            Set(
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT value FROM service WHERE name = 'head'
                        UNION SELECT runCommit FROM job
                            WHERE applied IS NOT NULL AND runCommit IS NOT NULL AND phase NOT IN ('succeeded', 'failed')
                        UNION SELECT "commit" FROM action WHERE finished IS NULL
                        """
                )
            )
        }
    }

    /// Gives unused space of the file back, if it is most of the file and over 16 MiB. Writes wait meanwhile, some milliseconds for
    /// each MiB that stays.
    ///
    /// - Returns: whether it did.
    @discardableResult
    public func compact() async throws -> Bool {
        try await pool.writeWithoutTransaction { database in
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let all = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            guard free > all / 2, free * size > 16 << 20 else { return false }
            try database.execute(sql: "VACUUM")
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return true
        }
    }
}

extension ActionCount {
    init?(row: Row) throws {
        guard let result: ActionResult = try row.word("result") else { return nil }
        self.init(kind: try row.value("kind"), result: result, count: try row.value("actions"))
    }

    /// Adds the counts of each kind and result.
    static func sum(_ counts: [ActionCount]) -> [ActionCount] {
        let groups = Dictionary(grouping: counts) { [$0.kind, $0.result.rawValue] }
        return groups.values.map { group in
            ActionCount(kind: group[0].kind, result: group[0].result, count: group.reduce(0) { $0 + $1.count })
        }.sorted { ($0.kind, $0.result.rawValue) < ($1.kind, $1.result.rawValue) }
    }
}
