import GRDB
public import Jobs

/// One page of a list for a caller that knows some of its jobs already.
public struct JobPage: Sendable {
    /// A job of the page.
    public struct Entry: Sendable {
        /// The job.
        public let key: JobKey
        /// The number of its last change.
        public let revision: Int64
        /// Nil if the caller knows it.
        public let record: JobRecord?
    }

    /// The jobs, in the order of the query.
    public let entries: [Entry]
    /// The number of jobs on all pages.
    public let total: Int
    /// How many other jobs match except that they ended before ``JobQuery/endedSince``; nil if the query has no such time.
    public let endedBefore: Int?
    /// The position of the next page; nil on the last.
    public let next: JobQuery.Position?
    /// The newest commit that was recorded; nil before the first.
    public let head: String?
}

extension JournalReader {
    /// One page of a query, as it is at one moment, without the jobs that the caller knows.
    ///
    /// - Parameters:
    ///   - query: selects the jobs.
    ///   - most: about how many bytes a page may have; it has at least one job, and fewer than its limit if the jobs are large.
    ///   - knownSize: how many bytes a job has as of a change, if the caller knows it; else nil.
    public func page(
        _ query: JobQuery,
        bytes most: Int,
        knownSize: @escaping @Sendable (_ key: JobKey, _ revision: Int64) -> Int?
    ) async throws -> JobPage {
        try await database.read { database in
            let rows = try query.rows(database)
            let total = try query.count(database)
            var entries: [JobPage.Entry] = []
            var bytes = 0
            for row in rows.prefix(query.limit) {
                let key = JobKey(cluster: query.cluster, partition: query.partition, id: try row.value("id"))
                let revision: Int64 = try row.value("revision")
                let size = knownSize(key, revision)
                let record = size == nil ? try Journal.record(key, in: database) : nil
                bytes += size ?? record?.storedSize ?? 0
                if bytes > most, !entries.isEmpty { break }
                entries.append(JobPage.Entry(key: key, revision: revision, record: record))
            }
            return JobPage(
                entries: entries,
                total: total,
                endedBefore: try query.countEndedBefore(database, total: total),
                next: rows.count > entries.count ? try query.position(of: rows[entries.count - 1]) : nil,
                head: try Journal.head(in: database)
            )
        }
    }
}

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
