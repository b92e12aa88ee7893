public import Foundation
import GRDB
public import Jobs

/// What is kept of one run: what it ran, on what, and how it ended.
public struct RunRecord: Sendable {
    /// The run.
    public let id: RunID
    /// The commit that last changed the job file.
    public let commit: String
    /// The commit whose tree the run uses; nil if it never started.
    public let runCommit: String?
    /// A ``Phase``, or ``HistoryItem/stopped``.
    public let phase: String
    /// One word for programs; empty if there is nothing to explain.
    public let reason: String
    /// A sentence for people.
    public let message: String
    /// When its first replica started; nil if none has.
    public let startTime: Date?
    /// When it ended; nil while it is open.
    public let completionTime: Date?
    /// How long it has run; nil if no replica has started.
    public let active: ActiveTime?
    /// The definition; nil if an earlier version recorded the run.
    public let job: Job?
    /// The interpreter and its packages; nil if they are unknown.
    public let environment: RunEnvironment?
    /// The replicas as they were last seen.
    public let replicas: [ReplicaStatus]

    /// The name of the replica whose failure failed or restarts the run, for example `worker-1`. Nil: no replica failed.
    public var failedReplica: String? {
        guard phase == Phase.failed.rawValue || phase == Phase.restarting.rawValue else { return nil }
        let failed = replicas.filter { $0.state == .failed || $0.lastExit?.isFailure == true }
        // The message begins with the replica that failed first.
        let named = failed.first { message.hasPrefix("\($0.name) ") }
        return (named ?? failed.min { $0.lastExit?.time ?? .distantFuture < $1.lastExit?.time ?? .distantFuture })?.name
    }
}

/// One page of the runs of a job, newest first.
public struct RunRecordPage: Sendable {
    /// The records of the page.
    public let items: [RunRecord]
    /// The number of runs on all pages.
    public let total: Int
    /// The number of the last run of the page, for the next one; nil on the last page.
    public let next: Int?
}

extension JournalReader {
    /// The records of a job's runs, newest first, also of a job that is gone.
    ///
    /// - Parameters:
    ///   - key: the job.
    ///   - limit: the most records, from 1.
    ///   - number: only runs before this one; nil for the first page.
    /// - Returns: nil if there never was such a job.
    public func runRecords(of key: JobKey, limit: Int = 500, before number: Int? = nil) async throws -> RunRecordPage? {
        try await database.read { database in
            let arguments: StatementArguments = ["cluster": key.cluster, "partition": key.partition, "id": key.id]
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM run WHERE cluster = :cluster AND partition = :partition AND id = :id",
                arguments: arguments
            )
            guard let total, try total > 0 || Journal.record(key, in: database) != nil else { return nil }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    \(RunRecord.selection) AND (:before IS NULL OR run.number < :before)
                    ORDER BY run.number DESC LIMIT :most
                    """,
                arguments: arguments + ["before": number, "most": limit + 1]
            )
            let items = try rows.prefix(limit).map { try RunRecord(row: $0, key) }
            return RunRecordPage(items: items, total: total, next: rows.count > limit ? items.last?.id.number : nil)
        }
    }

    /// The record of one run; nil if there is none.
    public func runRecord(_ run: RunID) async throws -> RunRecord? {
        try await database.read { database in
            let key = run.key
            return try Row.fetchOne(
                database,
                sql: "\(RunRecord.selection) AND run.number = :number",
                arguments: [
                    "cluster": key.cluster, "partition": key.partition, "id": key.id, "number": run.number,
                ]
            ).map { try RunRecord(row: $0, key) }
        }
    }
}

extension RunRecord {
    /// The newest run has the replicas of its job, others those that were recorded last.
    fileprivate static let selection = """
        SELECT run.*, definition.text AS definitionText, environment.text AS environmentText,
            CASE WHEN job.run = run.number AND job.applied IS NOT NULL THEN job.status END AS status
        FROM run
        LEFT JOIN definition ON definition.hash = run.definition
        LEFT JOIN environment ON environment.hash = run.environment
        LEFT JOIN job ON job.cluster = run.cluster AND job.partition = run.partition AND job.id = run.id
        WHERE run.cluster = :cluster AND run.partition = :partition AND run.id = :id
        """

    fileprivate init(row: Row, _ key: JobKey) throws {
        id = RunID(key: key, number: try row.runNumber("number"))
        commit = try row.value("commit")
        runCommit = try row.value("runCommit")
        phase = try row.value("phase")
        reason = try row.value("reason")
        message = try row.value("message")
        startTime = try row.time("started")
        completionTime = try row.time("completed")
        active = try row.activeTime()
        let definition: String? = try row.value("definitionText")
        job = try definition.map { try StoredJob.read($0, key) }
        let text: String? = try row.value("environmentText")
        environment = try text.map { try StoredValue.read(RunEnvironment.self, from: $0) }
        let (status, recorded): (String?, String?) = (try row.value("status"), try row.value("replicas"))
        if let status {
            replicas = try Journal.runStatus(status).replicas
        } else {
            replicas = try recorded.map { try StoredValue.read([ReplicaStatus].self, from: $0) } ?? []
        }
    }
}

extension Journal {
    /// Records a run for the history of its job, which stays when the job is gone.
    ///
    /// - Parameters:
    ///   - status: the newest status. The replicas are stored once the run is over; until then the job has them.
    ///   - now: when the status was observed, or when a stop ended the run.
    static func recordRun(_ status: RunStatus, of run: RunID, now: Date, in database: Database) throws {
        let key = run.key
        let active = try activeTime(of: run, with: status, now: now, in: database)
        let isOver = status.phase.isFinal || status.phase == .suspended
        try database.executeCached(
            sql: """
                INSERT INTO run (cluster, partition, id, number, "commit", runCommit, definition,
                    phase, reason, message, started, completed, replicas, activeSeconds, activeSince)
                SELECT cluster, partition, id, :number, "commit", runCommit, applied,
                    :phase, :reason, :message, :started, :completed, :replicas, :activeSeconds, :activeSince FROM job
                WHERE cluster = :cluster AND partition = :partition AND id = :id
                ON CONFLICT DO UPDATE SET runCommit = excluded.runCommit, definition = excluded.definition,
                    phase = excluded.phase, reason = excluded.reason, message = excluded.message,
                    started = coalesce(min(started, excluded.started), started, excluded.started),
                    completed = excluded.completed, replicas = coalesce(excluded.replicas, replicas),
                    activeSeconds = excluded.activeSeconds, activeSince = excluded.activeSince
                """,
            arguments: [
                "cluster": key.cluster, "partition": key.partition, "id": key.id, "number": run.number,
                "phase": status.phase.rawValue, "reason": status.reason, "message": status.message,
                "started": status.startTime?.clamped, "completed": status.completionTime?.clamped,
                "replicas": isOver ? try StoredValue.text(status.replicas) : nil,
                "activeSeconds": active.map { ($0.past * 1000).rounded() / 1000 },
                "activeSince": active?.since?.clamped,
            ]
        )
    }

    /// How long a run has run, after an observation.
    private static func activeTime(
        of run: RunID,
        with status: RunStatus,
        now: Date,
        in database: Database
    ) throws -> ActiveTime? {
        let key = run.key
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT phase, activeSeconds, activeSince FROM run
                    WHERE cluster = ? AND partition = ? AND id = ? AND number = ?
                    """
            ),
            arguments: [key.cluster, key.partition, key.id, run.number]
        )
        // A run that was replaced is ``HistoryItem/stopped``, and is observed no more.
        let phase = try row.flatMap { Phase(rawValue: try $0.value("phase")) }
        return status.activeTime(after: try row?.activeTime(), in: phase, now: now)
    }

    /// Records the interpreter and the packages of a run, once.
    ///
    /// - Returns: whether they were not recorded before.
    static func recordEnvironment(_ environment: RunEnvironment?, of run: RunID, in database: Database) throws -> Bool {
        guard let environment else { return false }
        let key = run.key
        let isMissing = try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT environment IS NULL FROM run WHERE cluster = ? AND partition = ? AND id = ? AND number = ?
                    """
            ),
            arguments: [key.cluster, key.partition, key.id, run.number]
        )
        guard isMissing == true else { return false }
        let text = try StoredValue.text(environment)
        let hash = Definitions.hash(of: text)
        try database.executeCached(
            sql: "INSERT INTO environment (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [hash, text]
        )
        try database.executeCached(
            sql: "UPDATE run SET environment = ? WHERE cluster = ? AND partition = ? AND id = ? AND number = ?",
            arguments: [hash, key.cluster, key.partition, key.id, run.number]
        )
        return true
    }

    /// Ends the runs that a replacement or a delete stopped for good. Finished runs stay as they are.
    static func endRuns(of key: JobKey, before number: Int, now: Date, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE run SET phase = ?1, completed = coalesce(completed, ?2), activeSince = NULL, activeSeconds = activeSeconds
                    + coalesce(max(0, round((julianday(?2) - julianday(activeSince)) * 86400, 3)), 0)
                WHERE cluster = ?3 AND partition = ?4 AND id = ?5 AND number < ?6
                AND phase NOT IN ('succeeded', 'failed', ?1)
                """,
            arguments: [HistoryItem.stopped, now, key.cluster, key.partition, key.id, number]
        )
    }
}
