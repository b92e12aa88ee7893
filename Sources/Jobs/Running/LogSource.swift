/// Gives access to the output of replicas, independent of the backend.
public protocol LogSource: Sendable {
    /// The runs of a job that have logs, oldest first. The job itself may be gone.
    func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun]

    /// Opens a replica's log.
    ///
    /// Ending the iteration releases all resources of the log.
    ///
    /// - Parameters:
    ///   - run: one of ``loggedRuns(of:)``.
    ///   - replica: the ``ReplicaStatus/name`` of one of the run's replicas.
    ///   - extent: which part of the log to read.
    /// - Returns: nil if the replica has no log.
    /// - Throws: ``BackendError`` if the log can't be opened. The stream itself throws if the log can't be read
    ///   further.
    func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> OpenLog?
}

/// The bytes of a log in order, split at arbitrary places. Nothing is read before the reader asks for it.
public typealias LogStream = AsyncThrowingStream<[UInt8], any Error>

/// A log that is open for reading.
public struct OpenLog: AsyncSequence, Sendable {
    /// The requested part of the log.
    public var bytes: LogStream
    /// How many bytes the replica printed before the first one of ``bytes``. Default: 0, also where the backend does not
    /// know it. Negative: the log begins with what an installation printed.
    public let start: Int

    /// Creates a log from its bytes.
    public init(_ bytes: LogStream, start: Int = 0) {
        self.bytes = bytes
        self.start = start
    }

    /// Iterates over the bytes.
    public func makeAsyncIterator() -> LogStream.Iterator { bytes.makeAsyncIterator() }
}

/// The part of a log to read.
public struct LogExtent: Sendable, Equatable {
    /// The number of lines before the end at which to begin, from 0. Default: nil, which begins at the first byte.
    public var tail: Int?
    /// Whether to continue until the replica has ended. Default: false, which ends with the current content.
    public var isFollowed: Bool

    /// Creates an extent; by default the whole current content.
    public init(tail: Int? = nil, isFollowed: Bool = false) {
        self.tail = tail
        self.isFollowed = isFollowed
    }
}

/// A run that has logs.
public struct LoggedRun: Sendable, Equatable {
    /// The run's number.
    public let number: Int
    /// The names of its replicas, for example `worker-0`, in the order of the job's groups.
    public let replicas: [String]

    /// Creates a run with a log for each replica. A log may still be empty.
    public init(number: Int, replicas: [String]) {
        self.number = number
        self.replicas = replicas
    }

    /// The replica to show by default: the chief or master, else worker 0, else the first; nil without replicas.
    public var leader: String? {
        ["chief-0", "master-0", "worker-0"].first(where: replicas.contains) ?? replicas.first
    }
}

/// The logs of several clusters.
public struct LogSources: LogSource {
    private let members: [String: any LogSource]
    private let fallback: (any LogSource)?

    /// Creates a source from the sources of the clusters.
    ///
    /// - Parameters:
    ///   - members: the sources by cluster id.
    ///   - fallback: the source of every other cluster; nil if there is none.
    public init(members: [String: any LogSource] = [:], fallback: (any LogSource)? = nil) {
        self.members = members
        self.fallback = fallback
    }

    private func source(of job: JobKey) -> (any LogSource)? { members[job.cluster] ?? fallback }

    /// Asks the source of the job's cluster.
    public func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        guard let source = source(of: job) else { return [] }
        return try await source.loggedRuns(of: job)
    }

    /// Asks the source of the job's cluster.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> OpenLog? {
        guard let source = source(of: run.key) else { return nil }
        return try await source.log(of: run, replica: replica, extent)
    }
}
