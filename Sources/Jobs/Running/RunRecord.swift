/// What the ended processes of a replica used, over all restarts of the run.
public struct ReplicaUsage: Hashable, Sendable, Codable {
    /// Processor time in seconds, with all processes that the replica started. Nil: unknown.
    public var cpuSeconds: Double?
    /// The most memory at a time, in bytes. Nil: unknown.
    public var peakMemory: Int?
    /// The number of GPUs of the replica × the seconds for which it had them.
    public var gpuSeconds: Double

    /// Creates a usage; by default none.
    public init(cpuSeconds: Double? = nil, peakMemory: Int? = nil, gpuSeconds: Double = 0) {
        self.cpuSeconds = cpuSeconds
        self.peakMemory = peakMemory
        self.gpuSeconds = gpuSeconds
    }

    /// Adds the usage of a later process.
    public mutating func add(_ other: ReplicaUsage) {
        cpuSeconds = other.cpuSeconds.map { (cpuSeconds ?? 0) + $0 } ?? cpuSeconds
        peakMemory = [peakMemory, other.peakMemory].compactMap(\.self).max()
        gpuSeconds += other.gpuSeconds
    }
}

/// The interpreter of a run, with its packages: what it takes to repeat the run.
public struct RunEnvironment: Hashable, Sendable, Codable {
    /// The version of Python, for example `3.11.2`.
    public let python: String
    /// The operating system and the processor, as `platform.platform()` of Python names them.
    public let platform: String
    /// The installed packages as `pip freeze` writes them, for example `tensorflow-cpu==2.21.0`, sorted by name.
    public let packages: [String]

    /// Creates an environment.
    public init(python: String, platform: String, packages: [String]) {
        self.python = python
        self.platform = platform
        self.packages = packages
    }
}
