import Foundation
import GRDB
public import Jobs
public import Platform

/// Reads the journal. It has no call that writes.
public struct JournalReader: Sendable {
    let database: GuardedPool
    let board: StatusBoard
    let feed: RevisionFeed
    let runs: RunCounter
    /// What the service has measured since its start.
    public let measurements: Measurements

    /// One job; nil if there is none, or none any more.
    public func job(_ key: JobKey) async throws -> JobRecord? {
        try await database.read { try Journal.record(key, in: $0) }.flatMap { $0.isShown ? $0 : nil }
    }

    /// The newest commit that was recorded; nil before the first.
    public func head() async throws -> String? {
        try await database.read { try Journal.head(in: $0) }
    }

    /// How the service fares; nil before its first pass.
    public func status() async throws -> ServiceStatus? {
        if let status = board.status { return status }
        return try await database.read { try Journal.status(in: $0) }
    }

    /// How many jobs are about to be carried out, and how many are held: by their file, by a held delete, or by their backend.
    public func backlog() async throws -> (pending: Int, held: Int) {
        try await database.read { database in
            // Written as in the index `job_held`, so that SQLite uses it and does not read every job.
            let held = "(blob IS NOT NULL AND desired IS NULL) OR kept IS NOT NULL"
            let dirty = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*) FILTER (WHERE fault IS NULL AND NOT (\(held)) AND NOT \(Journal.isWaiting)) AS pending,
                        count(*) FILTER (WHERE fault IS NOT NULL AND NOT (\(held))) AS postponed
                    FROM job WHERE dirty IS NOT NULL
                    """
            )
            let heldForGood = try Int.fetchOne(database, sql: "SELECT count(*) FROM job WHERE \(held)")
            let (pending, postponed): (Int?, Int?) = (try dirty?.value("pending"), try dirty?.value("postponed"))
            return (pending ?? 0, (heldForGood ?? 0) + (postponed ?? 0))
        }
    }
}

extension JournalReader {
    /// How the service fares since its start; nil before its first pass.
    public var currentStatus: ServiceStatus? { board.status }

    /// The room on the disk of the state folder; nil if it can't be measured.
    public var diskSpace: DiskSpace? {
        DiskSpace(of: URL(fileURLWithPath: database.path).deletingLastPathComponent().path)
    }
}

extension Journal {
    static func head(in database: Database) throws -> String? {
        let head = try String.fetchOne(database, sql: "SELECT value FROM service WHERE name = 'head'")
        guard head.map(StoredValueFault.isCommit) ?? true else {
            throw StoredValueFault("the stored head is no commit")
        }
        return head
    }

    static func status(in database: Database) throws -> ServiceStatus? {
        let text = try String.fetchOne(database, sql: "SELECT value FROM service WHERE name = 'status'")
        return try text.map { try StoredValue.read(ServiceStatus.self, from: $0) }
    }
}

extension JobRecord {
    /// Whether readers see the job: it has a file, or is still in force.
    public var isShown: Bool { blob != nil || applied != nil }
}
