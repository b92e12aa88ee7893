/// What names a job: the three variable parts of its path.
///
/// The key is the path, never what the file says inside, so a file that can't be read still has one.
/// Keys sort by cluster, then partition, then id, each by its UTF-8 bytes.
public struct JobKey: Hashable, Sendable, Codable {
    /// The cluster's id, the `<cid>` of `clusters/<cid>/…`.
    public let cluster: String
    /// The partition, the `<partition>` of `…/partitions/<partition>/…`.
    public let partition: String
    /// The job's id: the file's name without `.json`.
    public let id: String

    /// Makes a key of parts that are known to be labels; ``JobPath`` makes one of a path that is not known.
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
    /// `cluster/partition/id`, as the command line takes it.
    public var description: String { "\(cluster)/\(partition)/\(id)" }
}

/// A partition of a cluster. It need not have any jobs.
public struct PartitionKey: Hashable, Sendable {
    /// The cluster's id.
    public let cluster: String
    /// The partition's name within the cluster.
    public let partition: String

    /// Names a partition.
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
    public static func < (left: PartitionKey, right: PartitionKey) -> Bool {
        (left.cluster, left.partition) < (right.cluster, right.partition)
    }
}
