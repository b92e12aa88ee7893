public import struct Foundation.Date

/// What is known of one replica of a run.
public struct ReplicaStatus: Hashable, Sendable, Codable {
    /// The states that a pod can be in, by the field's own names.
    public enum State: String, Sendable, Codable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case unknown = "Unknown"
    }

    /// Its part in the cluster that TensorFlow forms.
    public let type: ReplicaType
    /// From 0, within the type.
    public let index: Int
    /// What it does, or how it ended.
    public var state: State
    /// How often it was started again within the run.
    public var restartCount: Int
    /// When the newest process of it began.
    public var startTime: Date?
    /// The code that it ended with, 128 + n for signal n. Nil while it runs, and where we ended it ourselves.
    public var exitCode: Int?
    /// The machine.
    public var node: String?

    /// A replica of which nothing has begun, unless said otherwise.
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

    /// `worker-0`: the replica within its run.
    public var name: String { "\(type.rawValue)-\(index)" }
}
