import GRDB
public import Jobs

/// The number of jobs of each cluster, or of each partition of one, at one moment.
public struct JobCounts: Sendable {
    /// A cluster or a partition.
    public struct Group: Sendable, Equatable {
        /// Its name.
        public let id: String
        /// How many of its jobs are in each phase; a missing phase has none.
        public let phases: [Phase: Int]
    }

    /// The groups, by id.
    public let groups: [Group]
    /// The newest commit that was recorded; nil before the first.
    public let head: String?
}

extension JournalReader {
    /// Counts the jobs of each cluster that is configured or has any.
    public func clusters() async throws -> JobCounts {
        try await database.read { database in
            var phases = try Self.count(
                database,
                sql: """
                    SELECT cluster AS name, \(JobRecord.phaseSQL) AS phase, count(*) AS jobs FROM job
                    WHERE \(JobRecord.isShownSQL) GROUP BY 1, 2
                    """
            )
            for cluster in try Journal.status(in: database)?.clusters ?? [] {
                phases[cluster.id] = phases[cluster.id] ?? [:]
            }
            return try Self.counts(phases, database)
        }
    }

    /// Counts the jobs of each partition of a cluster that has any.
    public func partitions(of cluster: String) async throws -> JobCounts {
        try await database.read { database in
            let phases = try Self.count(
                database,
                sql: """
                    SELECT partition AS name, \(JobRecord.phaseSQL) AS phase, count(*) AS jobs FROM job
                    WHERE cluster = :cluster AND \(JobRecord.isShownSQL) GROUP BY 1, 2
                    """,
                arguments: ["cluster": cluster]
            )
            return try Self.counts(phases, database)
        }
    }

    private static func count(
        _ database: Database,
        sql: String,
        arguments: StatementArguments = [:]
    ) throws -> [String: [Phase: Int]] {
        var phases: [String: [Phase: Int]] = [:]
        for row in try Row.fetchAll(database, sql: sql, arguments: arguments) {
            let phase: Phase = try row.word("phase") ?? .unknown
            let (name, count): (String, Int) = (try row.value("name"), try row.value("jobs"))
            phases[name, default: [:]][phase, default: 0] += count
        }
        return phases
    }

    private static func counts(_ phases: [String: [Phase: Int]], _ database: Database) throws -> JobCounts {
        let groups = phases.map { JobCounts.Group(id: $0.key, phases: $0.value) }
        return JobCounts(groups: groups.sorted { $0.id < $1.id }, head: try Journal.head(in: database))
    }
}
