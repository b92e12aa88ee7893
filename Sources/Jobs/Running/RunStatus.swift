public import struct Foundation.Date

/// The state of a run and of each of its replicas.
public struct RunStatus: Hashable, Sendable, Codable {
    /// The summary of the status.
    public var phase: Phase
    /// One word for programs, for example `ReplicaFailed`; empty if there is nothing to explain.
    public var reason: String
    /// A sentence for people.
    public var message: String
    /// When the first replica started; nil before that.
    public var startTime: Date?
    /// When the run succeeded or failed; nil before that.
    public var completionTime: Date?
    /// The replicas, in the order of the job's groups, then by index.
    public var replicas: [ReplicaStatus]
    /// How many restarts the run has had; nil if none, or if the backend does not count them.
    public var restarts: Int?
    /// How far the training is; nil if that is not known.
    public var progress: RunProgress?
    /// The step of the newest checkpoint that the script reported; nil without a report.
    public var savedStep: Int?

    /// Creates a status; by default of a run about which nothing is known.
    public init(
        phase: Phase = .pending,
        reason: String = "",
        message: String = "",
        startTime: Date? = nil,
        completionTime: Date? = nil,
        replicas: [ReplicaStatus] = [],
        progress: RunProgress? = nil,
        savedStep: Int? = nil
    ) {
        self.phase = phase
        self.reason = reason
        self.message = message
        self.startTime = startTime
        self.completionTime = completionTime
        self.replicas = replicas
        self.progress = progress
        self.savedStep = savedStep
    }

    /// Creates the status of a run that has not started: every replica is pending.
    public init(pending job: Job) {
        self.init(
            replicas: job.replicas.flatMap { group in
                (0..<group.count).map { ReplicaStatus(type: group.type, index: $0) }
            }
        )
    }
}

extension RunStatus {
    /// Shows the run as suspended: none of its replicas runs any more.
    public mutating func suspend() {
        (phase, reason, message) = (.suspended, "", "")
        for index in replicas.indices where replicas[index].state == .running {
            replicas[index].state = .pending
        }
    }

    /// Keeps what a run that starts again has behind it: its steps, how its processes ended, what they used, and its
    /// restarts.
    public mutating func keepRecords(of before: RunStatus) {
        restarts = before.restarts
        progress = before.progress.map { RunProgress(step: $0.step, of: $0.of) }
        savedStep = before.savedStep
        let known = Dictionary(before.replicas.map { ($0.name, $0) }) { first, _ in first }
        for index in replicas.indices {
            guard let replica = known[replicas[index].name] else { continue }
            replicas[index].restartCount = replica.restartCount
            replicas[index].lastExit = replica.lastExit
            replicas[index].usage = replica.usage
        }
    }
}

/// The phase of a job, as every surface shows it.
public enum Phase: String, Sendable, Codable, CaseIterable {
    /// The job is planned, and no backend has it yet.
    case pending
    /// The runtime or the code is being prepared.
    case preparing
    /// The job waits for room on its cluster or for other jobs.
    case queued
    case running
    case restarting
    case suspended
    case succeeded
    case failed
    /// The file is gone, and the processes are being stopped.
    case deleting
    /// The file is invalid, and no earlier definition was applied.
    case held
    /// The cluster does not report the job.
    case unknown

    /// Whether the run has finished: it does not start again unless the file changes.
    public var isFinal: Bool { self == .succeeded || self == .failed }
}

/// The status of one replica of a run.
public struct ReplicaStatus: Hashable, Sendable, Codable {
    /// The states of a replica, named after the phases of a pod.
    public enum State: String, Sendable, Codable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case unknown = "Unknown"
    }

    /// The role in the cluster that TensorFlow forms.
    public let type: ReplicaType
    /// The index within the type, from 0.
    public let index: Int
    /// The current state, or how the replica ended.
    public var state: State
    /// How often it was restarted within the run.
    public var restartCount: Int
    /// When its newest process started.
    public var startTime: Date?
    /// The exit code, 128 + n for signal n. Nil while the replica runs, and if the service ended it.
    public var exitCode: Int?
    /// The machine that it runs on.
    public var node: String?
    /// How its newest ended process ended, also after a restart. Nil: none has ended, or the backend does not know.
    public var lastExit: ReplicaExit?
    /// What its ended processes used. Nil: none has ended, or the backend does not measure it.
    public var usage: ReplicaUsage?

    /// Creates a status; by default of a replica that has not started.
    public init(
        type: ReplicaType,
        index: Int,
        state: State = .pending,
        restartCount: Int = 0,
        startTime: Date? = nil,
        exitCode: Int? = nil,
        node: String? = nil
    ) {
        self.type = type
        self.index = index
        self.state = state
        self.restartCount = restartCount
        self.startTime = startTime
        self.exitCode = exitCode
        self.node = node
    }

    /// The replica's name within its run, for example `worker-0`.
    public var name: String { "\(type.rawValue)-\(index)" }
}

/// The result of a run, derived from its replicas alone.
public enum Verdict: Equatable, Sendable {
    /// The run has no result yet.
    case open
    case succeeded
    /// A replica failed and may not restart.
    case failed(reason: String, message: String)
}

extension Job {
    /// Derives the result of a run by the rules of TFJob v1.
    ///
    /// The run succeeds with its chief or master; without one, with worker 0, or with all workers under `AllWorkers`;
    /// without workers, with all replicas. A failed replica fails the run, unless the run has succeeded already.
    ///
    /// Source: `UpdateJobStatus`,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/tensorflow/tfjob_controller.go>.
    public func verdict(of replicas: [ReplicaStatus]) -> Verdict {
        let deciding = replicas.filter { decides($0) }
        if !deciding.isEmpty, deciding.allSatisfy({ $0.state == .succeeded }) {
            return .succeeded
        }
        guard let failed = replicas.first(where: { $0.state == .failed }) else { return .open }
        let code = failed.exitCode.map { "exited with code \($0)" } ?? "failed"
        return .failed(reason: "ReplicaFailed", message: "\(failed.name) \(code)")
    }

    private func decides(_ replica: ReplicaStatus) -> Bool {
        let types = Set(replicas.filter { $0.count > 0 }.map(\.type))
        if types.contains(.chief) || types.contains(.master) {
            return replica.type == .chief || replica.type == .master
        }
        guard types.contains(.worker) else { return true }
        return replica.type == .worker && (successPolicy == .allWorkers || replica.index == 0)
    }
}
