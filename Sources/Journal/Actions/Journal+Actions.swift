public import Foundation
import GRDB
public import Jobs

extension Journal {
    /// The jobs whose newest change has not been carried out, in the order of their keys.
    ///
    /// - Parameters:
    ///   - cluster: only jobs of this cluster; nil for all.
    ///   - limit: the most jobs.
    ///   - excluded: jobs to skip.
    public func dirtyJobs(
        of cluster: String? = nil,
        limit: Int,
        except excluded: Set<JobKey> = []
    ) async throws -> [JobRecord] {
        try await pool.read { database in
            // Without the hint, SQLite reads the whole cluster.
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(JobRecord.columns) FROM job INDEXED BY job_dirty
                    WHERE dirty IS NOT NULL \(cluster == nil ? "" : "AND cluster = :cluster")
                    ORDER BY cluster, partition, id
                    """,
                arguments: cluster.map { ["cluster": $0] } ?? [:]
            )
            var jobs: [JobRecord] = []
            while jobs.count < limit, let row = try rows.next() {
                let key = try row.key()
                if !excluded.contains(key) {
                    jobs.append(try JobRecord(row: row))
                }
            }
            return jobs
        }
    }

    /// The condition of a row of `job` whose action waits for other jobs.
    static let isWaiting = """
        EXISTS (
            SELECT 1 FROM action INDEXED BY action_unfinished WHERE finished IS NULL AND result IS NULL AND error IS NOT NULL
            AND action.cluster = job.cluster AND action.partition = job.partition AND action.id = job.id
        )
        """

    /// Whether every job is as the newest commit has it, except those that wait for other jobs.
    public func isApplied() async throws -> Bool {
        try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT NOT EXISTS (
                        SELECT 1 FROM job INDEXED BY job_dirty WHERE dirty IS NOT NULL AND NOT \(Self.isWaiting)
                    )
                    """
            ) ?? false
        }
    }

    /// Records actions before any backend is called.
    ///
    /// - Returns: the numbers of the actions, in the order of the intents.
    public func intend(_ intents: [Intent], now: Date) async throws -> [Int64] {
        try await write { database in
            try intents.map { try Self.beginAction($0, now: now, in: database) }
        }
    }

    private static func beginAction(_ intent: Intent, now: Date, in database: Database) throws -> Int64 {
        let key = intent.key
        let planned = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT number, intended IS NOT NULL AS isTriedAgain FROM action
                    WHERE finished IS NULL AND "commit" = ? AND cluster = ? AND partition = ? AND id = ?
                    """
            ),
            arguments: [intent.commit, key.cluster, key.partition, key.id]
        )
        if intent.startsReplicas, try planned?.value("isTriedAgain") != true {
            let message = "\(intent.kind.rawValue) by commit \(intent.commit.prefix(12))"
            try addEvents([RunEvent(.queued, message, run: intent.run, at: now)], of: key, in: database)
        }
        if let planned: Int64 = try planned?.value("number") {
            try database.executeCached(
                sql: "UPDATE action SET kind = ?, run = ?, intended = ?, error = NULL WHERE number = ?",
                arguments: [intent.kind.rawValue, intent.run, now, planned]
            )
            return planned
        }
        try database.executeCached(
            sql: """
                INSERT INTO action ("commit", cluster, partition, id, kind, run, intended) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                intent.commit, key.cluster, key.partition, key.id, intent.kind.rawValue, intent.run, now,
            ]
        )
        return database.lastInsertedRowID
    }

    /// Records that nothing is left to do for jobs.
    ///
    /// - Parameter jobs: each with the commit that was planned; a job that a newer commit changed meanwhile stays dirty.
    public func settle(_ jobs: [(key: JobKey, commit: String)]) async throws {
        try await write { database in
            for job in jobs {
                try Self.setClean(job.key, commit: job.commit, in: database)
                try Self.closePlan(of: job.key, commit: job.commit, in: database)
            }
        }
    }

    /// Closes the open action of a job. If planning finds nothing left to do, a started action must have completed before the crash; one
    /// that never started did nothing.
    private static func closePlan(of key: JobKey, commit: String, in database: Database) throws {
        let open = #"finished IS NULL AND "commit" = ? AND cluster = ? AND partition = ? AND id = ?"#
        let arguments: StatementArguments = [commit, key.cluster, key.partition, key.id]
        try database.executeCached(
            sql: """
                UPDATE action SET result = 'done', error = NULL, finished = intended WHERE intended IS NOT NULL AND \(open)
                """,
            arguments: arguments
        )
        try database.executeCached(sql: "DELETE FROM action WHERE intended IS NULL AND \(open)", arguments: arguments)
        guard database.changesCount > 0 else { return }
        // Of a new job, only the action recorded that the commit changed its file.
        try database.executeCached(
            sql: """
                INSERT INTO touch (cluster, partition, id, "commit", seen)
                SELECT ?2, ?3, ?4, sha, seen FROM "commit" WHERE sha = ?1 ON CONFLICT DO NOTHING
                """,
            arguments: arguments
        )
    }

    /// Records how an action ended and, if it was done, what is in force now.
    ///
    /// The job stays dirty if a newer commit changed its file meanwhile, or if the action is tried again.
    ///
    /// - Parameters:
    ///   - number: the number of the action, from ``intend(_:now:)``.
    ///   - intent: the action.
    ///   - outcome: how it ended.
    ///   - job: the definition that it put in force; nil for a delete.
    ///   - runCommit: the commit whose tree the run uses; nil keeps the known one.
    ///   - status: the first status of the run; nil keeps the known one.
    ///   - stopped: how the run before ended; nil if the action stopped none.
    ///   - now: the time to record.
    public func conclude(
        _ number: Int64,
        _ intent: Intent,
        outcome: Outcome,
        job: Job?,
        runCommit: String? = nil,
        status: RunStatus?,
        stopped: StoppedRun? = nil,
        now: Date
    ) async throws {
        try await write { database in
            if let stopped {
                try Self.recordStop(stopped, of: intent.key, now: now, in: database)
            }
            try Self.closeAction(number, outcome, now: now, in: database)
            switch outcome {
            case .done:
                try Self.putInForce(job, intent, runCommit: runCommit, status: status, now: now, in: database)
                if intent.kind == .suspend {
                    try Self.closeParts(of: intent, until: number, in: database)
                }
                try Self.endRuns(
                    of: intent.key,
                    before: job == nil ? intent.run + 1 : intent.run,
                    now: now,
                    in: database
                )
                try Self.setClean(intent.key, commit: intent.commit, in: database)
            case .held:
                try Self.endDeleting(intent.key, in: database)
                try Self.setClean(intent.key, commit: intent.commit, in: database)
            case .postponed(let error), .refused(let error):
                if intent.kind != .delete {
                    // A stop that took long shows the phase.
                    try Self.endDeleting(intent.key, in: database)
                }
                try Self.setFault(error, of: intent, status: status, now: now, in: database)
            }
        }
    }

    /// An action that is tried again is held and stays open, unless a newer commit has superseded it.
    private static func closeAction(_ number: Int64, _ outcome: Outcome, now: Date, in database: Database) throws {
        let result: ActionResult = outcome == .done ? .done : .held
        let isOpen = outcome.obstacle != nil
        try database.executeCached(
            sql: """
                UPDATE action SET result = :result, error = :error, finished = :finished
                WHERE number = :number AND (finished IS NULL OR NOT :isOpen)
                """,
            arguments: [
                "result": result.rawValue, "error": outcome.obstacle, "finished": isOpen ? nil : now,
                "number": number, "isOpen": isOpen,
            ]
        )
    }

    private static func putInForce(
        _ job: Job?,
        _ intent: Intent,
        runCommit: String?,
        status: RunStatus?,
        now: Date,
        in database: Database
    ) throws {
        let key = intent.key
        let status = job == nil ? RunStatus() : status
        try database.executeCached(
            sql: """
                UPDATE job SET applied = :applied, run = :run, fault = NULL,
                    runCommit = coalesce(:runCommit, CASE WHEN run = :run THEN runCommit END)
                WHERE cluster = :cluster AND partition = :partition AND id = :id
                """,
            arguments: [
                "applied": try Definitions.store(job, in: database), "run": intent.run, "runCommit": runCommit,
                "cluster": key.cluster, "partition": key.partition, "id": key.id,
            ]
        )
        guard let status else { return }
        try setStatus(status, of: key, in: database)
        if job != nil, intent.run > 0 {
            try recordRun(status, of: RunID(key: key, number: intent.run), now: now, in: database)
        }
    }

    /// Keeps at the actions of a run how the run was when a suspension ended it for now: a later resume changes the run.
    private static func closeParts(of suspension: Intent, until number: Int64, in database: Database) throws {
        let key = suspension.key
        try database.executeCached(
            sql: """
                UPDATE action SET phase = run.phase, activeSeconds = run.activeSeconds FROM run
                WHERE action.cluster = ?1 AND action.partition = ?2 AND action.id = ?3 AND action.run = ?4
                    AND action.number <= ?5 AND action.phase IS NULL
                    AND run.cluster = ?1 AND run.partition = ?2 AND run.id = ?3 AND run.number = ?4
                """,
            arguments: [key.cluster, key.partition, key.id, suspension.run, number]
        )
    }

    /// Shows at the job why its newest change is not in force.
    private static func setFault(
        _ error: String,
        of intent: Intent,
        status: RunStatus?,
        now: Date,
        in database: Database
    ) throws {
        let key = intent.key
        try database.executeCached(
            sql: """
                UPDATE job SET fault = ? WHERE cluster = ? AND partition = ? AND id = ? AND dirty = ? AND fault IS NOT ?1
                """,
            arguments: [error, key.cluster, key.partition, key.id, intent.commit]
        )
        if database.changesCount > 0 {
            try addEvents([RunEvent(.held, error, run: intent.run, at: now, kind: .warning)], of: key, in: database)
        }
        if let status {
            try setStatus(status, of: key, in: database)
        }
    }

    /// Ends the phase `deleting` of a job whose delete was taken back. The run is unknown until it is observed.
    static func endDeleting(_ key: JobKey, in database: Database) throws {
        guard var status = try record(key, in: database)?.status, status.phase == .deleting else { return }
        status.phase = .unknown
        try setStatus(status, of: key, in: database)
    }

    /// Records that nothing is left to do for a job, and so that nothing is in the way.
    private static func setClean(_ key: JobKey, commit: String, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE job SET dirty = NULL, fault = NULL WHERE cluster = ? AND partition = ? AND id = ? AND dirty = ?
                """,
            arguments: [key.cluster, key.partition, key.id, commit]
        )
    }
}
