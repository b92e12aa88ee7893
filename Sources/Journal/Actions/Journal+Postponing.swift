import GRDB
public import Jobs

extension Journal {
    /// Holds all dirty jobs of a cluster that can't be asked, without a try of each.
    ///
    /// They stay dirty, and the reports of their commits show them as held, until ``releasePostponed(on:)``.
    ///
    /// - Parameters:
    ///   - cluster: the cluster.
    ///   - reason: a sentence for the jobs and the reports.
    ///   - excluded: jobs with an action under way.
    public func postpone(on cluster: String, because reason: String, except excluded: Set<JobKey>) async throws {
        let keys = try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT partition, id FROM job INDEXED BY job_dirty
                    WHERE dirty IS NOT NULL AND cluster = ? AND fault IS NOT ?
                    """,
                arguments: [cluster, reason]
            ).map { JobKey(cluster: cluster, partition: try $0.value("partition"), id: try $0.value("id")) }
        }.filter { !excluded.contains($0) }
        guard !keys.isEmpty else { return }
        let status = try StoredValue.text(RunStatus.postponed(reason))
        try await write { database in
            for key in keys {
                try database.executeCached(
                    sql: """
                        UPDATE job SET fault = :reason,
                            phase = CASE WHEN applied IS NULL AND desired IS NOT NULL THEN 'held' ELSE phase END,
                            status = CASE WHEN applied IS NULL AND desired IS NOT NULL THEN :status ELSE status END
                        WHERE cluster = :cluster AND partition = :partition AND id = :id AND dirty IS NOT NULL
                        """,
                    arguments: [
                        "reason": reason, "status": status,
                        "cluster": key.cluster, "partition": key.partition, "id": key.id,
                    ]
                )
                try database.executeCached(
                    sql: """
                        UPDATE action SET result = 'held', error = :reason
                        WHERE finished IS NULL AND cluster = :cluster AND partition = :partition AND id = :id
                        """,
                    arguments: ["reason": reason, "cluster": key.cluster, "partition": key.partition, "id": key.id]
                )
            }
        }
    }

    /// Ends the hold of all dirty jobs of a cluster: it can be asked again.
    public func releasePostponed(on cluster: String) async throws {
        let arePostponed = try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM job INDEXED BY job_dirty WHERE dirty IS NOT NULL AND cluster = ? AND fault IS NOT NULL
                    )
                    """,
                arguments: [cluster]
            )
        }
        guard arePostponed == true else { return }
        try await write { database in
            try database.executeCached(
                sql: """
                    UPDATE job INDEXED BY job_dirty SET fault = NULL,
                        status = CASE WHEN applied IS NULL AND phase = 'held' THEN '{}' ELSE status END,
                        phase = CASE WHEN applied IS NULL AND phase = 'held' THEN 'pending' ELSE phase END
                    WHERE dirty IS NOT NULL AND cluster = ? AND fault IS NOT NULL
                    """,
                arguments: [cluster]
            )
            try database.executeCached(
                sql: """
                    UPDATE action SET result = NULL, error = NULL
                    WHERE finished IS NULL AND result = 'held' AND cluster = ?
                    """,
                arguments: [cluster]
            )
        }
    }
}

extension Journal {
    /// Replans jobs whose last action an earlier version recorded as failed, once and for all: a backend may take them now.
    ///
    /// This version keeps such jobs dirty.
    static func replanFailedActions(in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE job SET fault = NULL, dirty = (SELECT value FROM service WHERE name = 'head'),
                    status = CASE WHEN applied IS NULL AND phase = 'failed' THEN '{}' ELSE status END,
                    phase = CASE WHEN applied IS NULL AND phase = 'failed' THEN 'pending' ELSE phase END
                WHERE dirty IS NULL AND fault IS NOT NULL
                    AND EXISTS (SELECT 1 FROM service WHERE name = 'head')
                """
        )
    }
}

extension RunStatus {
    /// The status of a job without a run whose cluster can't be asked.
    ///
    /// - Parameter message: a sentence that explains it.
    public static func postponed(_ message: String) -> RunStatus {
        RunStatus(phase: .held, reason: "Postponed", message: message)
    }

    /// The status of a job that has nothing running because a start was refused.
    ///
    /// - Parameter message: a sentence that explains it.
    public static func refused(_ message: String) -> RunStatus {
        RunStatus(phase: .held, reason: refusedReason, message: message)
    }

    private static let refusedReason = "Refused"

    /// Whether nothing of the job runs because a start was refused.
    var isRefused: Bool { phase == .held && reason == Self.refusedReason }
}
