/// Identifies a job by the three variable parts of its path.
///
/// The key comes from the path and never from the file's content, so a file that can't be read has a key too.
/// Keys sort by cluster, then partition, then id, each by its UTF-8 bytes.
public struct JobKey: Hashable, Sendable, Codable {
    /// The cluster's id, the `<cid>` of `clusters/<cid>/…`.
    public let cluster: String
    /// The partition, the `<partition>` of `…/partitions/<partition>/…`.
    public let partition: String
    /// The job's id: the file's name without `.json`.
    public let id: String

    /// Creates a key from valid labels. ``JobPath`` checks a path and creates the key.
    public init(cluster: String, partition: String, id: String) {
        self.cluster = cluster
        self.partition = partition
        self.id = id
    }

    /// The file that defines the job, relative to the repository's root.
    public var path: String { "clusters/\(cluster)/partitions/\(partition)/\(id).json" }
}

extension JobKey: Comparable {
    /// By cluster, then partition, then id.
    public static func < (left: JobKey, right: JobKey) -> Bool {
        (left.cluster, left.partition, left.id) < (right.cluster, right.partition, right.id)
    }
}

extension JobKey: CustomStringConvertible {
    /// `cluster/partition/id`, the form that the command line reads.
    public var description: String { "\(cluster)/\(partition)/\(id)" }
}

/// A job that another job waits for, and its place in the file of the waiting job.
public struct Dependency: Hashable, Sendable, Codable {
    /// The id of a job in the same partition.
    public let id: String
    /// The place in the document as a JSON Pointer (RFC 6901).
    public let pointer: String
    /// The line, from 1.
    public let line: Int
    /// The column in Unicode scalars, from 1.
    public let column: Int

    /// Creates a dependency for one element of `dependsOn`.
    public init(id: String, pointer: String, line: Int = 1, column: Int = 1) {
        self.id = id
        self.pointer = pointer
        self.line = line
        self.column = column
    }
}

extension JobKey {
    /// Another job of the same partition.
    public func sibling(_ id: String) -> JobKey {
        JobKey(cluster: cluster, partition: partition, id: id)
    }
}

/// A partition of a cluster.
public struct PartitionKey: Hashable, Sendable {
    /// The cluster's id.
    public let cluster: String
    /// The partition, within the cluster.
    public let partition: String

    /// Names a partition, which need not have any job.
    public init(cluster: String, partition: String) {
        self.cluster = cluster
        self.partition = partition
    }

    /// The partition of a job.
    public init(of key: JobKey) {
        self.init(cluster: key.cluster, partition: key.partition)
    }
}

extension PartitionKey: Comparable {
    /// By cluster, then partition.
    public static func < (left: Self, right: Self) -> Bool {
        (left.cluster, left.partition) < (right.cluster, right.partition)
    }
}
