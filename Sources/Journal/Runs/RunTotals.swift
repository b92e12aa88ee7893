import GRDB
public import Jobs
import Synchronization

/// What became of runs since the service started, by cluster, for `/metrics`.
public struct RunTotals: Sendable {
    /// The runs of one cluster.
    public struct Cluster: Sendable {
        /// How many runs succeeded, failed or were stopped.
        public fileprivate(set) var results: [RunEvent.Reason: Int] = [:]
        /// How many restarts there were.
        public fileprivate(set) var restarts = 0
        /// How long runs that ended had run, in seconds, without the time of suspensions.
        public fileprivate(set) var durations = Distribution(bounds: [
            1, 10, 60, 300, 1800, 3600, 14400, 43200, 86400, 604800,
        ])
        /// How long runs waited from the order to start them until their first replica started, in seconds.
        public fileprivate(set) var waits = Distribution(bounds: [
            0.1, 0.5, 1, 5, 10, 60, 300, 1800, 3600, 14400, 86400,
        ])
    }

    /// The totals by the cluster's id.
    public fileprivate(set) var clusters: [String: Cluster] = [:]
    /// The number of the last event that counts in them.
    fileprivate var lastEvent: Int64

    /// The reasons that count as the result of a run.
    public static let results: [RunEvent.Reason] = [.succeeded, .failed, .stopped]
}

/// Keeps ``RunTotals`` up to date by reading the events that were added since the last time.
final class RunCounter: Sendable {
    private let totals = Mutex<RunTotals?>(nil)
    /// How many events are read at once.
    private static let page = 5000

    /// Begins to count after an event.
    func begin(after event: Int64) {
        totals.withLock { $0 = $0 ?? RunTotals(lastEvent: event) }
    }

    /// Adds new events.
    ///
    /// - Returns: the totals of this moment.
    func update(_ database: Database) throws -> RunTotals {
        try totals.withLock { stored in
            var totals = try stored ?? RunTotals(lastEvent: Journal.lastEvent(in: database))
            while true {
                let rows = try Row.fetchAll(
                    database.cachedStatement(sql: Self.newEvents),
                    arguments: [totals.lastEvent, Self.page]
                )
                for row in rows {
                    try totals.count(row)
                }
                guard rows.count == Self.page else { break }
            }
            stored = totals
            return totals
        }
    }

    /// A stop has its run's time; a start has the time since the run was last queued.
    private static let newEvents = """
        SELECT e.number, e.cluster, e.reason, run.activeSeconds AS active,
            CASE e.reason WHEN '\(RunEvent.Reason.started.rawValue)' THEN 86400 * (julianday(e.time) - julianday((
                SELECT max(q.time) FROM event q WHERE q.cluster = e.cluster AND q.partition = e.partition AND q.id = e.id
                    AND q.run = e.run AND q.reason = '\(RunEvent.Reason.queued.rawValue)' AND q.number < e.number
            ))) END AS wait
        FROM event e
        LEFT JOIN run ON run.cluster = e.cluster AND run.partition = e.partition AND run.id = e.id AND run.number = e.run
        WHERE e.number > ? ORDER BY e.number LIMIT ?
        """
}

extension RunTotals {
    fileprivate mutating func count(_ row: Row) throws {
        lastEvent = try row.value("number")
        guard let reason: RunEvent.Reason = try row.word("reason") else { return }
        var cluster = clusters[try row.value("cluster")] ?? Cluster()
        let (active, wait): (Double?, Double?) = (try row.value("active"), try row.value("wait"))
        switch reason {
        case .succeeded, .failed, .stopped:
            cluster.results[reason, default: 0] += 1
            if let active {
                cluster.durations.add(active)
            }
        case .restarted: cluster.restarts += 1
        case .started:
            if let wait {
                cluster.waits.add(max(0, wait))
            }
        case .queued, .held, .waiting, .exited, .restarting: break
        }
        clusters[try row.value("cluster")] = cluster
    }
}

extension Journal {
    static func lastEvent(in database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT max(number) FROM event") ?? 0
    }
}

extension JournalReader {
    /// What became of runs since the service started.
    public func runTotals() async throws -> RunTotals {
        try await database.read { [runs] in try runs.update($0) }
    }
}
