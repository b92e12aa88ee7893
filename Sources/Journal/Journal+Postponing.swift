import GRDB
public import Jobs

extension Journal {
    /// Holds all that waits to be done on a cluster that can't be asked, without a try of each job.
    ///
    /// Each stays dirty, and its commit's report has it as held. ``letGo(of:)`` ends that.
    ///
    /// - Parameters:
    ///   - cluster: the cluster.
    ///   - reason: a sentence, shown at the jobs and in the reports.
    ///   - excluded: jobs of which an action is under way.
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
        let status = try StoredValue.text(RunStatus(phase: .held, reason: Self.postponedReason, message: reason))
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

    /// Makes what is postponed on a cluster wait to be done again: the cluster can be asked.
    public func letGo(of cluster: String) async throws {
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

    /// The reason that a job shows which never ran and whose cluster can't be asked.
    public static let postponedReason = "Postponed"
}
