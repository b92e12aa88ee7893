import GRDB
public import Jobs

extension Journal {
    /// Notes what a backend says of a run, where that is the job's newest one and it is not being stopped.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    public func observe(_ run: RunID, _ status: RunStatus) async throws -> Bool {
        try await pool.write { database in
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
        try await pool.write { database in
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

    /// Shows of a job that never ran which others it waits for. One that ran shows its last run on.
    public func showWaiting(_ key: JobKey, for ids: [String]) async throws {
        try await pool.write { database in
            guard let record = try Self.record(key, in: database), record.applied == nil else { return }
            let message = "waits until these have succeeded: \(ids.joined(separator: ", "))"
            try Self.set(RunStatus(phase: .queued, reason: "DependsOn", message: message), of: key, in: database)
        }
    }

    /// Takes over a run that a backend has and this journal does not know, so that it is neither doubled nor forgotten.
    ///
    /// - Returns: whether the job was unknown here, or known without a run.
    public func adopt(_ observation: RunObservation) async throws -> Bool {
        try await pool.write { database in
            let key = observation.id.key
            if let record = try Self.record(key, in: database), record.run >= observation.id.number {
                return false
            }
            try database.execute(
                sql: """
                    INSERT INTO job (cluster, partition, id, applied, run, name, "commit") VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET applied = excluded.applied, run = excluded.run
                    """,
                arguments: [
                    key.cluster, key.partition, key.id, try StoredJob.text(observation.job), observation.id.number,
                    observation.job.name ?? key.id, observation.commit,
                ]
            )
            try Self.set(observation.status, of: key, in: database)
            try Self.keep(observation.status, of: observation.id, in: database)
            return true
        }
    }

    /// Makes jobs be planned again whose run should go on and is known to nobody any more: what vanished before it finished is
    /// started again.
    ///
    /// - Parameters:
    ///   - clusters: tells whether a cluster's backend has been asked.
    ///   - known: all runs that the backends have.
    /// - Returns: the runs that vanished.
    public func missRuns(of clusters: (String) -> Bool, known: Set<RunID>) async throws -> [RunID] {
        let open = try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, run FROM job
                    WHERE applied IS NOT NULL AND phase NOT IN ('succeeded', 'failed', 'suspended')
                    """
            ).map { row in
                let key = JobKey(cluster: row["cluster"], partition: row["partition"], id: row["id"])
                return RunID(key: key, number: row["run"])
            }
        }
        let missing = open.filter { clusters($0.key.cluster) && !known.contains($0) }
        try await pool.write { database in
            for run in missing {
                let key = run.key
                try Self.set(RunStatus(phase: .suspended), of: key, in: database)
                try database.execute(
                    sql: """
                        UPDATE job SET dirty = coalesce(dirty, (SELECT value FROM service WHERE name = 'head'))
                        WHERE cluster = ? AND partition = ? AND id = ? AND run = ?
                        """,
                    arguments: [key.cluster, key.partition, key.id, run.number]
                )
            }
        }
        return missing
    }

    /// Writes down how the service as a whole fares, for `ping`.
    public func note(_ status: ServiceStatus) async throws {
        try await pool.write { try Self.set("status", to: StoredValue.text(status), in: $0) }
    }

    static func set(_ status: RunStatus, of key: JobKey, in database: Database) throws {
        try database.execute(
            sql: "UPDATE job SET status = ?, phase = ? WHERE cluster = ? AND partition = ? AND id = ?",
            arguments: [try StoredValue.text(status), status.phase.rawValue, key.cluster, key.partition, key.id]
        )
    }

    static func record(_ key: JobKey, in database: Database) throws -> JobRecord? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT \(JobRecord.columns) FROM job WHERE cluster = ? AND partition = ? AND id = ?",
            arguments: [key.cluster, key.partition, key.id]
        )
        return try row.map(JobRecord.init(row:))
    }
}
