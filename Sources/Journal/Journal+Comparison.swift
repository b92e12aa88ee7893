import GRDB
public import Jobs

/// What a backend's runs tell that the journal does not have.
public struct RunComparison: Sendable {
    /// Runs that are not known, or newer than those that are.
    public var unknown: [RunObservation] = []
    /// Runs in force whose status is another.
    public var changed: [RunID] = []
}

extension Journal {
    /// Compares what a backend says of its runs with what is known of them. Writes nothing.
    public func compare(_ observations: [RunObservation]) async throws -> RunComparison {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT run, status, applied IS NOT NULL AND phase <> 'deleting' AS isFollowed FROM job
                    WHERE cluster = ? AND partition = ? AND id = ?
                    """
            )
            var comparison = RunComparison()
            for observation in observations {
                let key = observation.id.key
                let row = try Row.fetchOne(statement, arguments: [key.cluster, key.partition, key.id])
                let number = try row?.runNumber() ?? 0
                if number < observation.id.number {
                    comparison.unknown.append(observation)
                } else if let row, number == observation.id.number, try row.value("isFollowed"),
                    try row.value("status") != StoredValue.text(observation.status)
                {
                    comparison.changed.append(observation.id)
                }
            }
            return comparison
        }
    }

    /// The runs that should go on, by what is known of them, sorted.
    ///
    /// - Parameter isIncluded: tells by the cluster which to list.
    public func openRuns(of isIncluded: @Sendable (String) -> Bool) async throws -> [RunID] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, run, phase FROM job
                    WHERE applied IS NOT NULL AND phase NOT IN ('succeeded', 'failed', 'suspended')
                    ORDER BY cluster, partition, id
                    """
            ).map { row in
                // One that is not known could be that of a run that is over.
                let _: Phase? = try row.word("phase")
                return RunID(key: try row.key(), number: try row.runNumber())
            }
        }.filter { isIncluded($0.key.cluster) }
    }

    /// Makes jobs be planned again whose run should go on and is known to nobody any more: what vanished before it finished is
    /// started again.
    ///
    /// - Parameter runs: those that the backends do not have; one that is not in force any more is passed over.
    public func miss(_ runs: [RunID]) async throws {
        try await write { database in
            for run in runs {
                let key = run.key
                try database.execute(
                    sql: """
                        UPDATE job SET status = ?, phase = 'suspended',
                            dirty = coalesce(dirty, (SELECT value FROM service WHERE name = 'head'))
                        WHERE cluster = ? AND partition = ? AND id = ? AND run = ? AND applied IS NOT NULL
                            AND phase NOT IN ('succeeded', 'failed', 'suspended')
                        """,
                    arguments: [
                        try StoredValue.text(RunStatus(phase: .suspended)),
                        key.cluster, key.partition, key.id, run.number,
                    ]
                )
            }
        }
    }
}
