import GRDB
public import Jobs

/// The differences between a backend's runs and the journal.
public struct RunComparison: Sendable {
    /// Runs that the journal does not know, or that are newer than its own.
    public var unknown: [RunObservation] = []
    /// Runs in force with another status.
    public var changed: [RunID] = []
}

extension Journal {
    /// Compares observations with the journal. Writes nothing.
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
                    try Self.isNews(observation.status, after: try row.value("status"))
                {
                    comparison.changed.append(observation.id)
                }
            }
            return comparison
        }
    }

    /// The condition of a row whose run should go on.
    private static let isOpen = "applied IS NOT NULL AND phase NOT IN ('succeeded', 'failed', 'suspended')"

    /// The runs that should go on, sorted.
    ///
    /// - Parameter isIncluded: whether to list the runs of a cluster.
    public func openRuns(of isIncluded: @Sendable (String) -> Bool) async throws -> [RunID] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cluster, partition, id, run, phase, status FROM job
                    WHERE \(Self.isOpen)
                    ORDER BY cluster, partition, id
                    """
            ).compactMap { row in
                // An unknown phase could be that of a run that is over.
                let phase: Phase? = try row.word("phase")
                if phase == .held, try Self.runStatus(try row.value("status")).isRefused { return nil }
                return RunID(key: try row.key(), number: try row.runNumber())
            }
        }.filter { isIncluded($0.key.cluster) }
    }

    /// Whether a run is the one in force and should go on.
    public func isOpen(_ run: RunID) async throws -> Bool {
        try await pool.read { database in
            let key = run.key
            let statement = try database.cachedStatement(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM job WHERE cluster = ? AND partition = ? AND id = ? AND run = ? AND \(Self.isOpen)
                    )
                    """
            )
            return try Bool.fetchOne(statement, arguments: [key.cluster, key.partition, key.id, run.number]) ?? false
        }
    }

    /// Replans jobs whose open run no backend knows: a run that vanished before it finished is started again.
    ///
    /// - Parameter runs: the missing runs; one that is not in force any more is skipped.
    public func replanMissing(_ runs: [RunID]) async throws {
        try await write { database in
            for run in runs {
                let key = run.key
                try database.execute(
                    sql: """
                        UPDATE job SET status = ?, phase = 'suspended',
                            dirty = coalesce(dirty, (SELECT value FROM service WHERE name = 'head'))
                        WHERE cluster = ? AND partition = ? AND id = ? AND run = ? AND \(Self.isOpen)
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
