import Foundation
import GRDB
public import Jobs

/// Which jobs of a partition to list, and in which order.
public struct JobQuery: Sendable {
    /// The orders that a list can have; ties are broken by id.
    public enum Order: String, Sendable {
        case id
        case newestFirst = "-creationTime"
        case lastChangedFirst = "-lastUpdateTime"
    }

    /// The cluster's id.
    public var cluster: String
    /// The partition, within the cluster.
    public var partition: String
    /// At most so many jobs, from 1 to 5000.
    public var limit = 500
    /// Where the page before ended; nil for the first page.
    public var after: Position?
    /// Only jobs in this phase; nil for all.
    public var phase: Phase?
    /// The author who added the file.
    public var uid: String?
    /// Must be in the name or the id, in any case of ASCII letters.
    public var text: String?
    /// How the list is sorted.
    public var order = Order.id

    /// Asks for the first page of all jobs of a partition, by id.
    public init(cluster: String, partition: String) {
        self.cluster = cluster
        self.partition = partition
    }

    /// The last job of a page. It stays a position when that job changes or goes.
    public struct Position: Sendable, Codable, Equatable {
        let id: String
        /// What it was sorted by, in milliseconds since 1970; nil when sorted by id.
        let time: Int64?
    }
}

/// One page of a list.
public struct JobPage: Sendable {
    /// In the order that was asked for.
    public let jobs: [JobRecord]
    /// How many jobs match on all pages.
    public let total: Int
    /// Where the next page begins; nil on the last.
    public let next: JobQuery.Position?
}

extension JobQuery {
    func fetch(_ database: Database) throws -> JobPage {
        var conditions = ["cluster = :cluster", "partition = :partition", "(blob IS NOT NULL OR applied IS NOT NULL)"]
        var arguments: StatementArguments = ["cluster": cluster, "partition": partition]
        if let phase {
            conditions.append("CASE WHEN applied IS NULL AND desired IS NULL THEN 'held' ELSE phase END = :phase")
            arguments += ["phase": phase.rawValue]
        }
        if let uid {
            conditions.append("uid = :uid")
            arguments += ["uid": uid]
        }
        if let text {
            conditions.append("(instr(lower(name), lower(:text)) OR instr(id, lower(:text)))")
            arguments += ["text": text]
        }
        let matching = conditions.joined(separator: " AND ")
        let total =
            try Int.fetchOne(database, sql: "SELECT count(*) FROM job WHERE \(matching)", arguments: arguments) ?? 0
        let (beyond, more) = try beyondPosition()
        arguments += more
        arguments += ["limit": limit + 1]
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT \(JobRecord.columns) FROM job WHERE \(matching)\(beyond) ORDER BY \(ordering) LIMIT :limit",
            arguments: arguments
        )
        let found = try rows.map(JobRecord.init(row:))
        let jobs = Array(found.prefix(limit))
        return JobPage(jobs: jobs, total: total, next: found.count > limit ? jobs.last.map(position) : nil)
    }

    /// The time that a job sorts by, as a number that survives a round trip through a client.
    private var time: String? {
        switch order {
        case .id: nil
        case .newestFirst: milliseconds("created")
        case .lastChangedFirst: milliseconds("updated")
        }
    }

    private func milliseconds(_ column: String) -> String {
        "coalesce(CAST(round((julianday(\(column)) - 2440587.5) * 86400000) AS INTEGER), 0)"
    }

    private var ordering: String { time.map { "\($0) DESC, id" } ?? "id" }

    private func beyondPosition() throws -> (String, StatementArguments) {
        guard let after else { return ("", [:]) }
        guard let time else { return (" AND id > :afterID", ["afterID": after.id]) }
        return (
            " AND (\(time) < :afterTime OR (\(time) = :afterTime AND id > :afterID))",
            ["afterID": after.id, "afterTime": after.time ?? 0]
        )
    }

    private func position(_ record: JobRecord) -> Position {
        let date: Date? =
            switch order {
            case .id: nil
            case .newestFirst: record.attribution.created
            case .lastChangedFirst: record.attribution.updated
            }
        let time = date.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
        return Position(id: record.key.id, time: order == .id ? nil : time ?? 0)
    }
}
