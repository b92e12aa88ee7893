/// Identifies one run of a job. A backend names its objects after it, so that a repeated call creates nothing twice.
public struct RunID: Hashable, Sendable, Codable {
    /// The job.
    public let key: JobKey
    /// The run's number, from 1; each new run of the job has the next number.
    public let number: Int

    /// Creates the id of a run; starts nothing.
    public init(key: JobKey, number: Int) {
        self.key = key
        self.number = number
    }
}

extension RunID: CustomStringConvertible {
    /// `cluster/partition/id run 2`, for logs.
    public var description: String { "\(key) run \(number)" }
}

/// What a backend needs to start a run.
public struct RunRequest: Sendable {
    /// The run to start.
    public let id: RunID
    /// The definition to run.
    public let job: Job
    /// The commit that last changed the job file, 40 hexadecimal digits.
    public let commit: String
    /// The commit whose tree the run uses: the branch tip when the run first started.
    public let runCommit: String
    /// The folder of this machine for a relative or absent `workdir`, which the caller has prepared; nil if the job
    /// needs none.
    public let codeFolder: String?
    /// The mail address of the author who added the job file; empty if it is unknown.
    public let author: String

    /// Creates a request. Repeating a request has no further effect.
    ///
    /// - Parameter runCommit: nil in records of older versions, which used the code of `commit`.
    public init(
        id: RunID,
        job: Job,
        commit: String,
        runCommit: String? = nil,
        codeFolder: String?,
        author: String = ""
    ) {
        self.id = id
        self.job = job
        self.commit = commit
        self.runCommit = runCommit ?? commit
        self.codeFolder = codeFolder
        self.author = author
    }
}

/// A backend's view of a run that it knows.
public struct RunObservation: Sendable, Equatable {
    /// The run that was started.
    public let id: RunID
    /// The definition that was started. The service recovers it from here after it has lost the journal.
    public let job: Job
    /// The commit that last changed the job file when it was started.
    public let commit: String
    /// The commit whose tree the run uses.
    public let runCommit: String
    /// The current status.
    public var status: RunStatus
    /// The interpreter and its packages; nil if they are unknown.
    public let environment: RunEnvironment?

    /// Creates an observation from a backend's own records.
    ///
    /// - Parameter runCommit: nil in records of older versions, which used the code of `commit`.
    public init(
        id: RunID,
        job: Job,
        commit: String,
        runCommit: String? = nil,
        status: RunStatus,
        environment: RunEnvironment? = nil
    ) {
        self.environment = environment
        self.id = id
        self.job = job
        self.commit = commit
        self.runCommit = runCommit ?? commit
        self.status = status
    }
}
