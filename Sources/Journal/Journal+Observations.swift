import GRDB
public import Jobs

extension Journal {
    /// Notes what a backend says of a run, where that is the job's newest one and it is not being stopped.
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
            guard let known, try known != StoredValue.text(status) else { return false }
            try Self.set(status, of: key, in: database)
            try Self.keep(status, of: run, in: database)
            return true
        }
    }

    /// Shows a phase for a job while an action is under way, and keeps the rest of its status.
    public func show(_ phase: Phase, of key: JobKey) async throws {
        try await write { database in
            guard var status = try Self.record(key, in: database)?.status else { return }
            status.phase = phase
            try Self.set(status, of: key, in: database)
        }
    }

    /// Those of some jobs that have not succeeded, or are about to be run again.
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

    /// Shows of a job that never ran which others it waits for. One that ran shows its last run on; a delete of it that was begun and taken
    /// back is shown no more, and what became of the run is to be looked at.
    public func showWaiting(_ key: JobKey, for ids: [String]) async throws {
        try await write { database in
            guard let record = try Self.record(key, in: database) else { return }
            guard record.applied == nil else { return try Self.endDeleting(key, in: database) }
            let message = "waits until these have succeeded: \(ids.joined(separator: ", "))"
            try Self.set(RunStatus(phase: .queued, reason: "DependsOn", message: message), of: key, in: database)
        }
    }

    /// Takes over a run that a backend has and this journal does not know, so that it is neither doubled nor forgotten.
    ///
    /// - Returns: whether the job was unknown here, or known without a run.
    public func adopt(_ observation: RunObservation) async throws -> Bool {
        try await write { database in
            let key = observation.id.key
            if let record = try Self.record(key, in: database), record.run >= observation.id.number {
                return false
            }
            let revision = try Self.revision(in: database) + 1
            try Self.set(revision: revision, in: database)
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
            try Self.set(observation.status, of: key, in: database)
            try Self.keep(observation.status, of: observation.id, in: database)
            return true
        }
    }

    /// Notes how the service as a whole fares, for `ping`; it is shown also where the journal can't be written.
    public func note(_ status: ServiceStatus) async throws {
        guard board.note(status) || board.fault != nil else { return }
        try await write { try Self.set("status", to: StoredValue.text(status), in: $0) }
    }

    static func set(_ status: RunStatus, of key: JobKey, in database: Database) throws {
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
