public import Jobs

/// Which jobs of a partition to list, and in which order.
public struct JobQuery: Sendable {
    /// The orders that a list can have; ties are broken by id.
    public enum Order: String, Sendable, Codable, CaseIterable {
        case id
        case newestFirst = "-creationTime"
        case lastChangedFirst = "-lastUpdateTime"
    }

    /// The cluster's id.
    public var cluster: String
    /// The partition, within the cluster.
    public var partition: String
    /// At most so many jobs, from 1 to 5000. Default: 500.
    public var limit = 500
    /// Where the page before ended, in the same order; nil for the first page.
    public var after: Position?
    /// Only jobs in this phase; nil for all.
    public var phase: Phase?
    /// The author who added the file; nil for all.
    public var uid: String?
    /// Must be in the name or the id, in any case of ASCII letters; nil for all.
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
        /// The order that it is a position in.
        public let order: Order
        let id: String
        /// What the job was sorted by, as the journal keeps it; nil when sorted by id.
        let time: String?
    }
}

/// One page of a list, as it was at one moment.
public struct JobPage: Sendable {
    /// In the order that was asked for.
    public let jobs: [JobRecord]
    /// How many jobs match on all pages.
    public let total: Int
    /// Where the next page begins; nil on the last.
    public let next: JobQuery.Position?
    /// The newest commit that was taken in; nil before the first.
    public let head: String?
}
