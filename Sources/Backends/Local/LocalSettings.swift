public import struct Foundation.URL

/// How the local backend is set up.
public struct LocalSettings: Sendable {
    /// Where runs, their logs and the virtual environments are kept; made if absent.
    public var folder: URL
    /// The executable that has the hidden verbs `supervise` and `provision`: this very program.
    public var executable: String
    /// The machine's name, shown at each replica.
    public var node: String
    /// Whole GPUs that the jobs of a cluster may use, by cluster id; a cluster that is not named has none. Above 0, environments
    /// get the TensorFlow that can use them.
    public var gpus: [String: Int]
    /// Whether missing environments are made, by pip.
    public var provisionsRuntimes: Bool
    /// Interpreters by version, `3.11` say, that win over what the PATH has.
    public var interpreters: [String: String]
    /// How long a replica may go on after SIGTERM before SIGKILL. Default: 5 s.
    public var gracePeriod: Duration
    /// How long the other replicas of a run that is decided may go on before they are ended. Default: 2 s.
    public var settlingTime: Duration
    /// The ports that `TF_CONFIG` names; below the range from which Linux takes ports by itself
    /// (`net.ipv4.ip_local_port_range`, 32768 and up by default).
    public var ports: ClosedRange<UInt16>

    /// Only the folder, the program and the machine's name have no default.
    public init(
        folder: URL,
        executable: String,
        node: String,
        gpus: [String: Int] = [:],
        provisionsRuntimes: Bool = true,
        interpreters: [String: String] = [:],
        gracePeriod: Duration = .seconds(5),
        settlingTime: Duration = .seconds(2),
        ports: ClosedRange<UInt16> = 20_000...32_767
    ) {
        self.folder = folder
        self.executable = executable
        self.node = node
        self.gpus = gpus
        self.provisionsRuntimes = provisionsRuntimes
        self.interpreters = interpreters
        self.gracePeriod = gracePeriod
        self.settlingTime = settlingTime
        self.ports = ports
    }
}
