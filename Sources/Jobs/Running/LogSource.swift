/// Where what replicas printed can be read, whatever runs them.
public protocol LogSource: Sendable {
    /// The runs of a job whose logs are kept, oldest first; empty where there are none. The job itself may be gone.
    func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun]

    /// Opens a replica's log: pieces of bytes as they were printed, in order and cut anywhere.
    ///
    /// Whoever stops reading lets go of all that the log held.
    ///
    /// - Parameters:
    ///   - run: the run, one of ``loggedRuns(of:)``.
    ///   - replica: the replica, one of the run's, by ``ReplicaStatus/name``.
    ///   - extent: which part of it.
    /// - Returns: nil where nothing is kept of that replica.
    /// - Throws: ``BackendError`` where it can't be opened. The stream itself throws where it can't be read any further.
    func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> LogStream?
}

/// A log as it is read; nothing is read ahead of its reader.
public typealias LogStream = AsyncThrowingStream<[UInt8], any Error>

/// Which part of a log is read.
public struct LogExtent: Sendable, Equatable {
    /// How many lines before the end to begin at, from 0; nil begins at the first byte. Default: nil.
    public var tail: Int?
    /// Whether to go on until the replica has ended, and else to end with what is there now. Default: false.
    public var isFollowed: Bool

    /// All that is there now, unless said otherwise.
    public init(tail: Int? = nil, isFollowed: Bool = false) {
        self.tail = tail
        self.isFollowed = isFollowed
    }
}

/// A run whose logs are kept.
public struct LoggedRun: Sendable, Equatable {
    /// The run's number.
    public let number: Int
    /// The names of its replicas, `worker-0` say, in the order of the job's groups.
    public let replicas: [String]

    /// A run with a log for each replica, which may be empty still.
    public init(number: Int, replicas: [String]) {
        self.number = number
        self.replicas = replicas
    }

    /// The replica that speaks for the run: the chief or master, else worker 0, else the first; nil where there is none.
    public var leader: String? {
        ["chief-0", "master-0", "worker-0"].first(where: replicas.contains) ?? replicas.first
    }
}
