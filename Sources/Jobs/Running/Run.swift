public import struct Foundation.Date

/// Names one run of a job. What a backend makes is named after it, so that the same call twice makes the same thing once.
public struct RunID: Hashable, Sendable, Codable {
    /// The job that it is a run of.
    public let key: JobKey
    /// From 1, one more for each new run of the job.
    public let number: Int

    /// Names a run; nothing is made by it.
    public init(key: JobKey, number: Int) {
        self.key = key
        self.number = number
    }
}

extension RunID: CustomStringConvertible {
    /// `cluster/partition/id run 2`, for logs.
    public var description: String { "\(key) run \(number)" }
}

/// All that a backend needs in order to start a run.
public struct RunRequest: Sendable {
    /// The run to start.
    public let id: RunID
    /// The definition to run.
    public let job: Job
    /// The commit that last changed the job file, 40 hexadecimal digits.
    public let commit: String
    /// The commit whose tree the run uses: the branch tip when the run first started.
    public let runCommit: String
    /// The folder of this machine that a relative or absent `workdir` stands for, made ready by the caller;
    /// nil where the job brings its own or needs none.
    public let codeFolder: String?
    /// The mail address of the author who added the job file; empty where that is not known.
    public let author: String

    /// A request that may be made again, with the same effect.
    ///
    /// - Parameter runCommit: nil in records of versions that took the code from `commit`.
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

/// What a backend says of a run that it knows.
public struct RunObservation: Sendable, Equatable {
    /// The run that was started.
    public let id: RunID
    /// What was started, so that the truth survives a lost journal.
    public let job: Job
    /// The commit that last changed the job file when it was started.
    public let commit: String
    /// The commit whose tree the run uses.
    public let runCommit: String
    /// How it stands now.
    public var status: RunStatus

    /// Only a backend makes one, of what it keeps itself.
    ///
    /// - Parameter runCommit: nil where the record is of a version that took the code from `commit`.
    public init(id: RunID, job: Job, commit: String, runCommit: String? = nil, status: RunStatus) {
        self.id = id
        self.job = job
        self.commit = commit
        self.runCommit = runCommit ?? commit
        self.status = status
    }
}

/// The state of a run and of each of its replicas.
public struct RunStatus: Hashable, Sendable, Codable {
    /// The one word that sums up the rest.
    public var phase: Phase
    /// One word for programs, `ReplicaFailed` say; empty where there is nothing to explain.
    public var reason: String
    /// A sentence for people.
    public var message: String
    /// When the first replica began; nil before that.
    public var startTime: Date?
    /// When the run was decided; nil while it is open.
    public var completionTime: Date?
    /// In the order of the job's replica groups, then by index.
    public var replicas: [ReplicaStatus]

    /// A run of which nothing is known, unless said otherwise.
    public init(
        phase: Phase = .pending,
        reason: String = "",
        message: String = "",
        startTime: Date? = nil,
        completionTime: Date? = nil,
        replicas: [ReplicaStatus] = []
    ) {
        self.phase = phase
        self.reason = reason
        self.message = message
        self.startTime = startTime
        self.completionTime = completionTime
        self.replicas = replicas
    }

    /// A run of which nothing has begun: every replica is pending.
    public init(pending job: Job) {
        self.init(
            replicas: job.replicas.flatMap { group in
                (0..<group.count).map { ReplicaStatus(type: group.type, index: $0) }
            }
        )
    }
}
