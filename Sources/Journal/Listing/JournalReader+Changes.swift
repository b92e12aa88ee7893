import GRDB
public import Jobs
import Platform
import Synchronization

/// A job after a change.
public struct JobChange: Sendable {
    /// The job; it is gone if it is not shown any more.
    public let record: JobRecord
    /// The number of the change.
    public let revision: Int64
    /// The number of the change that last made the job visible.
    public let born: Int64
}

/// Consecutive changes, at one moment.
public struct JobChanges: Sendable {
    /// The changes by revision; of each job only the newest.
    public let changes: [JobChange]
    /// All changes up to this number are included.
    public let revision: Int64
    /// Whether there are later changes.
    public let hasMore: Bool
}

/// A point in the life of a journal.
public struct JournalMark: Sendable, Equatable {
    /// The name of the journal; a new file gets another name.
    public let journal: String
    /// The newest change.
    public let revision: Int64
}

/// Signals each transaction that changed what readers see of a job.
final class RevisionFeed: TransactionObserver, Sendable {
    private struct State {
        var revision: Int64 = -1
        var listeners = Listeners<AsyncStream<Void>.Continuation>()
    }

    private let state = Mutex(State())

    /// A signal after each such transaction; several may be merged. Each call adds a listener.
    var changes: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { $0.listeners.add(continuation) }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners.remove(number) }
        }
        return stream
    }

    /// Observes no single change: the revision says whether there was one.
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    /// Never called, because nothing is observed.
    func databaseDidChange(with event: DatabaseEvent) {}

    /// Called by the writer after each transaction.
    func databaseDidCommit(_ database: Database) {
        guard let revision = try? Journal.revision(in: database) else { return }
        let listeners = state.withLock { state in
            guard state.revision != revision else { return [AsyncStream<Void>.Continuation]() }
            state.revision = revision
            return state.listeners.all
        }
        for listener in listeners {
            listener.yield()
        }
    }

    /// Does nothing: nothing changed.
    func databaseDidRollback(_ database: Database) {}
}

extension JournalReader {
    /// A signal after each transaction that changed what readers see of a job; several may be merged. Each call adds a listener.
    public var jobsChanged: AsyncStream<Void> { feed.changes }

    /// The newest change of this journal.
    public func mark() async throws -> JournalMark {
        try await database.read { database in
            let name = try String.fetchOne(database, sql: "SELECT value FROM service WHERE name = 'journal'")
            return JournalMark(journal: name ?? "", revision: try Journal.revision(in: database))
        }
    }

    /// The jobs of a partition that match a query, in the order of their last changes.
    ///
    /// - Parameters:
    ///   - query: the partition and the filters. Limit, order and position are ignored.
    ///   - revision: only later changes.
    ///   - end: no later changes.
    ///   - limit: the most jobs.
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

    /// The changes in a partition since a revision.
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

    /// The changes in some partitions since a revision; other changes are skipped.
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

    /// About how many bytes are read at a time; at least one job is.
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
