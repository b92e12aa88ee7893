import Foundation
import GRDB
public import Jobs

extension Journal {
    /// Records an observation of a run, if the run is the newest one of its job and is not being deleted.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    public func observe(_ run: RunID, _ status: RunStatus) async throws -> Bool {
        try await write { database in
            let key = run.key
            let known = try String.fetchOne(
                database,
                sql: """
                    SELECT status FROM job WHERE cluster = ? AND partition = ? AND id = ? AND run = ?
                    AND applied IS NOT NULL AND phase <> 'deleting'
                    """,
                arguments: [key.cluster, key.partition, key.id, run.number]
            )
            guard let known, try Self.isNews(status, after: known) else { return false }
            try Self.setStatus(status, of: key, in: database)
            try Self.recordRun(status, of: run, in: database)
            return true
        }
    }

    /// Whether an observation changes the stored status of a run.
    ///
    /// After a refused start, a backend reports the stopped run as suspended; the job still shows why it does not run.
    static func isNews(_ status: RunStatus, after known: String) throws -> Bool {
        if status.phase == .suspended, try runStatus(known).isRefused { return false }
        return try known != StoredValue.text(status)
    }

    static func runStatus(_ text: String) throws -> RunStatus {
        text == "{}" ? RunStatus() : try StoredValue.read(RunStatus.self, from: text)
    }

    /// Shows a phase for a job while an action is under way, and keeps the rest of its status.
    public func showPhase(_ phase: Phase, of key: JobKey) async throws {
        try await write { database in
            guard var status = try Self.record(key, in: database)?.status else { return }
            status.phase = phase
            try Self.setStatus(status, of: key, in: database)
        }
    }

    /// The jobs among some that have not succeeded, or that are about to run again.
    public func unsucceeded(_ keys: [JobKey]) async throws -> [JobKey] {
        try await pool.read { database in
            try keys.filter { key in
                try Int.fetchOne(
                    database,
                    sql: """
                        SELECT 1 FROM job WHERE cluster = ? AND partition = ? AND id = ?
                        AND applied IS NOT NULL AND phase = 'succeeded' AND dirty IS NULL
                        """,
                    arguments: [key.cluster, key.partition, key.id]
                ) == nil
            }
        }
    }

    /// Shows which jobs a job waits for that never ran. A job that ran still shows its last run; if its delete was taken back, the run is
    /// unknown until it is observed.
    public func showWaiting(_ key: JobKey, for ids: [String]) async throws {
        try await write { database in
            guard let record = try Self.record(key, in: database) else { return }
            guard record.applied == nil else { return try Self.endDeleting(key, in: database) }
            let message = "waits until these have succeeded: \(ids.joined(separator: ", "))"
            try Self.setStatus(RunStatus(phase: .queued, reason: "DependsOn", message: message), of: key, in: database)
        }
    }

    /// Adopts a run that a backend has and the journal does not know, so that it is neither doubled nor forgotten.
    ///
    /// - Returns: false if the journal has this run or a newer one.
    public func adopt(_ observation: RunObservation) async throws -> Bool {
        try await write { database in
            let key = observation.id.key
            if let record = try Self.record(key, in: database), record.run >= observation.id.number {
                return false
            }
            let revision = try Self.revision(in: database) + 1
            try Self.setRevision(revision, in: database)
            try database.executeCached(
                sql: """
                    INSERT INTO job (cluster, partition, id, applied, run, name, "commit", revision, born, runCommit)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, nullif(?9, ''))
                    ON CONFLICT DO UPDATE SET applied = excluded.applied, run = excluded.run,
                        runCommit = excluded.runCommit,
                        dirty = CASE WHEN blob IS NULL THEN dirty
                            ELSE coalesce(dirty, (SELECT value FROM service WHERE name = 'head')) END
                    """,
                arguments: [
                    key.cluster, key.partition, key.id, try Definitions.store(observation.job, in: database),
                    observation.id.number,
                    observation.job.name ?? key.id, observation.commit, revision,
                    observation.runCommit,
                ]
            )
            try Self.setStatus(observation.status, of: key, in: database)
            try Self.recordRun(observation.status, of: observation.id, in: database)
            return true
        }
    }

    /// Records how the service fares, for `ping`, which shows it also if the journal can't be written.
    public func recordStatus(_ status: ServiceStatus) async throws {
        guard board.store(status) || board.fault != nil else { return }
        try await write { try Self.setServiceValue("status", to: StoredValue.text(status), in: $0) }
    }

    static func setStatus(_ status: RunStatus, of key: JobKey, in database: Database) throws {
        try database.executeCached(
            sql: "UPDATE job SET status = ?, phase = ? WHERE cluster = ? AND partition = ? AND id = ?",
            arguments: [try StoredValue.text(status), status.phase.rawValue, key.cluster, key.partition, key.id]
        )
    }

    static func record(_ key: JobKey, in database: Database) throws -> JobRecord? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT \(JobRecord.columns) FROM job WHERE cluster = ? AND partition = ? AND id = ?"
            ),
            arguments: [key.cluster, key.partition, key.id]
        )
        return try row.map(JobRecord.init(row:))
    }
}

// MARK: - The history of runs

extension Journal {
    /// Records a run for the history of its job, which stays when the job is gone.
    static func recordRun(_ status: RunStatus, of run: RunID, in database: Database) throws {
        let key = run.key
        try database.executeCached(
            sql: """
                INSERT INTO run
                    (cluster, partition, id, number, "commit", runCommit, phase, reason, message, started, completed)
                SELECT cluster, partition, id, :number, "commit", runCommit,
                    :phase, :reason, :message, :started, :completed FROM job
                WHERE cluster = :cluster AND partition = :partition AND id = :id
                ON CONFLICT DO UPDATE SET runCommit = excluded.runCommit, phase = excluded.phase, reason = excluded.reason, message = excluded.message,
                    started = coalesce(excluded.started, started), completed = excluded.completed
                """,
            arguments: [
                "cluster": key.cluster, "partition": key.partition, "id": key.id, "number": run.number,
                "phase": status.phase.rawValue, "reason": status.reason, "message": status.message,
                "started": status.startTime?.clamped, "completed": status.completionTime?.clamped,
            ]
        )
    }

    /// Ends the runs that a replacement or a delete stopped for good. Finished runs stay as they are.
    static func endRuns(of key: JobKey, before number: Int, now: Date, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE run SET phase = ?, completed = coalesce(completed, ?)
                WHERE cluster = ? AND partition = ? AND id = ? AND number < ?
                AND phase NOT IN ('succeeded', 'failed', ?)
                """,
            arguments: [HistoryItem.stopped, now, key.cluster, key.partition, key.id, number, HistoryItem.stopped]
        )
    }
}
