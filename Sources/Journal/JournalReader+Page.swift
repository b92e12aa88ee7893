import GRDB
public import Jobs

/// One page of a list for somebody who knows some of its jobs already.
public struct JobEntries: Sendable {
    /// A job of the page.
    public struct Entry: Sendable {
        /// The job.
        public let key: JobKey
        /// The change since which it is as it is.
        public let revision: Int64
        /// Nil where it is known already.
        public let record: JobRecord?
    }

    /// In the order that was asked for.
    public let entries: [Entry]
    /// How many jobs match on all pages.
    public let total: Int
    /// Where the next page begins; nil on the last.
    public let next: JobQuery.Position?
    /// The newest commit that was taken in; nil before the first.
    public let head: String?
}

extension JournalReader {
    /// The jobs of a partition that a query asks for, as ``jobs(_:)`` has them, without those that are known.
    ///
    /// - Parameters:
    ///   - query: which jobs.
    ///   - isKnown: whether the caller has a job as it is since a change.
    public func page(
        _ query: JobQuery,
        isKnown: @escaping @Sendable (_ key: JobKey, _ revision: Int64) -> Bool
    ) async throws -> JobEntries {
        try await database.read { database in
            let (names, total) = try query.names(database)
            let entries = try names.prefix(query.limit).map { row in
                let key = JobKey(cluster: query.cluster, partition: query.partition, id: try row.value("id"))
                let revision: Int64 = try row.value("revision")
                let record = isKnown(key, revision) ? nil : try Journal.record(key, in: database)
                return JobEntries.Entry(key: key, revision: revision, record: record)
            }
            return JobEntries(
                entries: entries,
                total: total,
                next: names.count > query.limit ? try query.position(of: names[query.limit - 1]) : nil,
                head: try Journal.head(in: database)
            )
        }
    }
}
