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
    ///   - most: about so many bytes, and at least one job; the page ends before its limit where the jobs are large.
    ///   - knownSize: how many bytes a job has that the caller has as it is since a change; nil where it has not.
    public func page(
        _ query: JobQuery,
        bytes most: Int,
        knownSize: @escaping @Sendable (_ key: JobKey, _ revision: Int64) -> Int?
    ) async throws -> JobEntries {
        try await database.read { database in
            let (names, total) = try query.names(database)
            var entries: [JobEntries.Entry] = []
            var bytes = 0
            for row in names.prefix(query.limit) {
                let key = JobKey(cluster: query.cluster, partition: query.partition, id: try row.value("id"))
                let revision: Int64 = try row.value("revision")
                let size = knownSize(key, revision)
                let record = size == nil ? try Journal.record(key, in: database) : nil
                bytes += size ?? record?.storedSize ?? 0
                if bytes > most, !entries.isEmpty { break }
                entries.append(JobEntries.Entry(key: key, revision: revision, record: record))
            }
            return JobEntries(
                entries: entries,
                total: total,
                next: names.count > entries.count ? try query.position(of: names[entries.count - 1]) : nil,
                head: try Journal.head(in: database)
            )
        }
    }
}
