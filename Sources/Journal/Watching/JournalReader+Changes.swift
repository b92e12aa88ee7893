import GRDB
public import Jobs

extension JournalReader {
    /// A signal after each transaction that changed what is seen of a job; several may be as one. Each call listens anew.
    public var jobsChanged: AsyncStream<Void> { feed.changes }

    /// This moment.
    public func mark() async throws -> JournalMark {
        try await database.read { database in
            let name = try String.fetchOne(database, sql: "SELECT value FROM service WHERE name = 'journal'")
            return JournalMark(journal: name ?? "", revision: try Journal.revision(in: database))
        }
    }

    /// The jobs of a partition that fit a query, in the order in which they changed last.
    ///
    /// - Parameters:
    ///   - query: its partition and its filters. Limit, order and position do not count.
    ///   - revision: only those that changed later than this.
    ///   - end: only those that did not change later than this.
    ///   - limit: at most so many.
    public func jobs(
        _ query: JobQuery,
        changedAfter revision: Int64,
        through end: Int64,
        limit: Int
    ) async throws -> JobChanges {
        try await database.read { database in
            let (conditions, arguments) = query.conditions()
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(JobRecord.columns), revision, born FROM job
                    WHERE \(conditions) AND revision > :after AND revision <= :end ORDER BY revision LIMIT :most
                    """,
                arguments: arguments + ["after": revision, "end": end, "most": limit]
            )
            return try Self.changes(rows, limit: limit, end: end)
        }
    }

    /// What changed in a partition since a revision.
    public func changes(in partition: PartitionKey, after revision: Int64, limit: Int) async throws -> JobChanges {
        try await database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(JobRecord.columns), revision, born FROM job
                    WHERE cluster = ? AND partition = ? AND revision > ? ORDER BY revision LIMIT ?
                    """,
                arguments: [partition.cluster, partition.partition, revision, limit]
            )
            return try Self.changes(rows, limit: limit, end: Journal.revision(in: database))
        }
    }

    /// What changed in some partitions since a revision; what changed elsewhere is passed over.
    public func changes(
        in partitions: Set<PartitionKey>,
        after revision: Int64,
        limit: Int
    ) async throws -> JobChanges {
        try await database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(JobRecord.columns), revision, born FROM job WHERE revision > ? ORDER BY revision LIMIT ?
                    """,
                arguments: [revision, limit]
            )
            return try Self.changes(rows, limit: limit, end: Journal.revision(in: database)) { row in
                partitions.contains(
                    PartitionKey(cluster: try row.value("cluster"), partition: try row.value("partition"))
                )
            }
        }
    }

    /// About so many bytes are read at a time, and at least one job.
    private static let mostBytes = 8 << 20

    private static func changes(
        _ rows: RowCursor,
        limit: Int,
        end: Int64,
        where isWanted: (Row) throws -> Bool = { _ in true }
    ) throws -> JobChanges {
        var changes: [JobChange] = []
        var (count, bytes) = (0, 0)
        while let row = try rows.next() {
            let revision: Int64 = try row.value("revision")
            if try isWanted(row) {
                let record = try JobRecord(row: row)
                bytes += record.storedSize
                changes.append(JobChange(record: record, revision: revision, born: try row.value("born")))
            }
            count += 1
            if count == limit || bytes >= Self.mostBytes {
                return JobChanges(changes: changes, revision: revision, hasMore: true)
            }
        }
        return JobChanges(changes: changes, revision: end, hasMore: false)
    }
}

extension JobQuery {
    /// Whether a job fits the filters, as the list decides it.
    public func matches(_ record: JobRecord) -> Bool {
        guard record.isShown, record.key.cluster == cluster, record.key.partition == partition else { return false }
        if let phase, record.phase != phase { return false }
        if let uid, record.attribution.uid != uid { return false }
        guard let text else { return true }
        let part = Self.lowered(text)
        return Self.lowered(record.name).contains(part) || Self.lowered(record.key.id).contains(part)
    }

    /// ASCII letters in lower case, as SQLite's `lower` makes them.
    private static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
