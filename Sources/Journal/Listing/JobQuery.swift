public import Foundation
import GRDB
public import Jobs

/// Selects and sorts jobs of a partition.
public struct JobQuery: Sendable {
    /// The orders of a list; equal times are sorted by id.
    public enum Order: String, Sendable, Codable, CaseIterable {
        case id
        case newestFirst = "-creationTime"
        case lastChangedFirst = "-lastUpdateTime"
    }

    /// The cluster's id.
    public var cluster: String
    /// The partition, within the cluster.
    public var partition: String
    /// The most jobs of a page, from 1 to 5000. Default: 500.
    public var limit = 500
    /// The end of the page before, in the same order; nil for the first page.
    public var after: Position?
    /// Only jobs in one of these phases; empty for all.
    public var phases: [Phase] = []
    /// The author who added the file; nil for all.
    public var uid: String?
    /// Only unfinished jobs and those that ended at this time or later; nil for all.
    public var endedSince: Date?
    /// A part of the name or the id, in any case of ASCII letters; nil for all.
    public var text: String?
    /// The order of the list.
    public var order = Order.id

    /// The first page of all jobs of a partition, by id.
    public init(cluster: String, partition: String) {
        self.cluster = cluster
        self.partition = partition
    }

    /// The last job of a page. It stays a position when that job changes or goes.
    public struct Position: Sendable, Codable, Equatable {
        /// The order that it is a position in.
        public let order: Order
        let id: String
        /// The time that the job was sorted by, in the journal's form; nil if sorted by id.
        let time: String?
    }
}

extension JobQuery {
    /// Fetches ids and revisions: those of a page and one more.
    func rows(_ database: Database) throws -> [Row] {
        let (matching, arguments) = conditions()
        let (beyond, position) = beyondPosition
        return try Row.fetchAll(
            database,
            sql: """
                SELECT id, revision\(time.map { ", \($0) AS sorted" } ?? "") FROM job
                WHERE \(matching)\(beyond) ORDER BY \(time.map { "\($0) DESC, " } ?? "")id LIMIT :most
                """,
            arguments: arguments + position + ["most": limit + 1]
        )
    }

    /// Counts the jobs that match on all pages.
    func count(_ database: Database) throws -> Int {
        let (matching, arguments) = conditions()
        return try Int.fetchOne(database, sql: "SELECT count(*) FROM job WHERE \(matching)", arguments: arguments) ?? 0
    }

    /// Counts the other jobs that match except that they ended too early; nil if all ends match.
    func countEndedBefore(_ database: Database, total: Int) throws -> Int? {
        guard endedSince != nil else { return nil }
        var all = self
        all.endedSince = nil
        return try all.count(database) - total
    }

    /// The filters, in SQL.
    func conditions() -> (String, StatementArguments) {
        var conditions = ["cluster = :cluster", "partition = :partition", JobRecord.isShownSQL]
        var arguments: StatementArguments = ["cluster": cluster, "partition": partition]
        if !phases.isEmpty {
            // The words of an enumeration need no escaping.
            let words = phases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            conditions.append("\(JobRecord.phaseSQL) IN (\(words))")
        }
        if let endedSince {
            conditions.append(
                """
                (phase NOT IN ('succeeded', 'failed') OR :endedSince <= (
                    SELECT completed FROM run WHERE run.cluster = job.cluster AND run.partition = job.partition
                        AND run.id = job.id AND number = job.run
                ))
                """
            )
            arguments += ["endedSince": endedSince.clamped]
        }
        if let uid {
            conditions.append("uid = :uid")
            arguments += ["uid": uid]
        }
        if let text {
            conditions.append("(instr(lower(name), lower(:text)) OR instr(id, lower(:text)))")
            arguments += ["text": text]
        }
        return (conditions.joined(separator: " AND "), arguments)
    }

    /// The column to sort by before the id. Its texts sort like times; an unknown time counts as the oldest.
    private var time: String? {
        switch order {
        case .id: nil
        case .newestFirst: "coalesce(created, '')"
        case .lastChangedFirst: "coalesce(updated, '')"
        }
    }

    private var beyondPosition: (String, StatementArguments) {
        guard let after else { return ("", [:]) }
        guard let time else { return (" AND id > :afterID", ["afterID": after.id]) }
        return (
            " AND (\(time) < :afterTime OR (\(time) = :afterTime AND id > :afterID))",
            ["afterID": after.id, "afterTime": after.time ?? ""]
        )
    }

    /// The position of a row of ``rows(_:)``.
    func position(of row: Row) throws -> Position {
        Position(order: order, id: try row.value("id"), time: time == nil ? nil : try row.value("sorted"))
    }
}

extension JobRecord {
    /// ``isShown``, in SQL.
    static let isShownSQL = "(blob IS NOT NULL OR applied IS NOT NULL)"
    /// ``phase``, in SQL.
    static let phaseSQL = "CASE WHEN applied IS NULL AND desired IS NULL THEN 'held' ELSE phase END"
}

extension JobQuery {
    /// Whether a job matches the filters, as in SQL.
    public func matches(_ record: JobRecord) -> Bool {
        guard record.isShown, record.key.cluster == cluster, record.key.partition == partition else { return false }
        if !phases.isEmpty, !phases.contains(record.phase) { return false }
        if let endedSince, record.phase.isFinal, record.status.completionTime.map({ $0 < endedSince }) ?? true {
            return false
        }
        if let uid, record.attribution.uid != uid { return false }
        guard let text else { return true }
        let part = Self.lowered(text)
        return Self.lowered(record.name).contains(part) || Self.lowered(record.key.id).contains(part)
    }

    /// ASCII letters in lower case, like SQLite's `lower`.
    private static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
