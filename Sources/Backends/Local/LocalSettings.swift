public import BackendConfiguration
public import Foundation
public import Jobs
import Yams

/// The settings of the local backend.
public struct LocalSettings: Sendable {
    /// The folder for runs, their logs and the virtual environments. The backend creates it if it is missing.
    public var folder: URL
    /// The path of this program, which has the hidden verbs `supervise` and `provision`.
    public var executable: String
    /// The path of the program that each replica has as its parent. Default: `tfjob-supervisor` beside this program, else
    /// this program, which does the same and needs more memory.
    public var supervisor: String
    /// The machine's name, which each replica shows as its node.
    public var node: String
    /// The number of GPUs that the jobs of a cluster may use, by cluster id. A missing cluster has none. If it is above
    /// 0, the virtual environments get the TensorFlow build with GPU support.
    public var gpus: [String: Int]
    /// Whether the service creates missing virtual environments with pip. Default: true.
    public var provisionsRuntimes: Bool
    /// Interpreters by Python version, for example `3.11`. They win over those on the `PATH`.
    public var interpreters: [String: String]
    /// The packages that each virtual environment gets beside TensorFlow.
    public var packages: [Requirement]
    /// The pauses between the tries of an installation whose failure may heal.
    var healingPauses = RetryPauses.healing
    /// The time by which virtual environments grow old.
    var now: @Sendable () -> Date = { Date() }
    /// The users of the replicas, by cluster id. The replicas of a missing cluster run as the service's user.
    public var users: [String: ReplicaUser]
    /// The limits of the logs, by cluster id. A missing cluster has ``LogLimits/standard``.
    public var logs: [String: LogLimits] = [:]
    /// What the kernel says of the control groups of this process. Nil: nothing.
    var groupTree = ControlGroups.Tree.current
    /// How long the other replicas of a decided run may continue before they are stopped. Default: 2 s.
    public var settlingTime: Duration
    /// The ports for `TF_CONFIG`. Default: 20000 to 32767, below the range from which Linux assigns ports itself
    /// (`net.ipv4.ip_local_port_range`, by default from 32768).
    public var ports: ClosedRange<UInt16>

    /// Creates settings. Only the folder, the program and the machine's name have no default.
    public init(
        folder: URL,
        executable: String,
        node: String,
        gpus: [String: Int] = [:],
        provisionsRuntimes: Bool = true,
        interpreters: [String: String] = [:],
        packages: [Requirement] = [],
        users: [String: ReplicaUser] = [:],
        settlingTime: Duration = .seconds(2),
        ports: ClosedRange<UInt16> = 20_000...32_767
    ) {
        self.folder = folder
        self.executable = executable
        let small = URL(fileURLWithPath: executable).deletingLastPathComponent().appendingPathComponent(
            "tfjob-supervisor"
        )
        supervisor = FileManager.default.isExecutableFile(atPath: small.path) ? small.path : executable
        self.node = node
        self.gpus = gpus
        self.provisionsRuntimes = provisionsRuntimes
        self.interpreters = interpreters
        self.packages = packages
        self.users = users
        self.settlingTime = settlingTime
        self.ports = ports
    }
}

extension BackendKind {
    /// The kind of clusters that are this machine. It serves every cluster id if no cluster is configured.
    public static let local = BackendKind(
        "local",
        readCluster: { LocalCluster(from: $0, at: $1, with: &$2) },
        openBackends: { try await LocalCluster.openBackend(for: $0, in: $1) },
        applySettings: { backend, clusters, context in
            guard let backend = backend as? LocalBackend else { return }
            await backend.applySettings(try LocalCluster.settings(for: clusters, in: context))
        }
    )
}

/// The configuration of a cluster that is this machine.
public struct LocalCluster: Sendable, Equatable {
    /// The number of GPUs that jobs may use. Default: 0.
    public var gpus: Int
    /// The user of the jobs. Nil: the service's.
    public var user: ReplicaUser?

    /// The limits of each replica's log. Default: ``LogLimits/standard``.
    public var logs = LogLimits.standard

    /// Creates a cluster with this number of GPUs.
    public init(gpus: Int = 0, user: ReplicaUser? = nil) {
        self.gpus = gpus
        self.user = user
    }

    /// Keys that this version accepts with a warning and does not honour.
    private static let ignored = ["cpu", "memory"]

    /// Reads `gpus`, `user`, `maxProcesses` and `logs`, and warns about `cpu` and `memory`, which have no effect yet.
    init(from node: Node, at place: String, with reader: inout SettingsReader) {
        gpus = 0
        let known = Set(["backend", "gpus", "user", "maxProcesses", "logs"] + Self.ignored)
        let keys = reader.mapping(node, at: place, known: known)
        user = ReplicaUser.read(keys, at: place, with: &reader)
        logs = LogLimits.read(keys, at: place, with: &reader)
        for key in Self.ignored {
            if let node = keys[key] {
                reader.warn(node, "\(place).\(key) has no effect: this version does not limit what jobs use together")
            }
        }
        if let node = keys["gpus"], let text = reader.string(node, at: "\(place).gpus") {
            if let count = text == "auto" ? Self.countGPUs() : Int(text), count >= 0 {
                gpus = count
            } else {
                reader.fault(node, "\(place).gpus: \"\(text)\" is no whole number of GPUs; write 0 or more, or auto")
            }
        }
    }

    /// Opens the single backend of this machine. It also serves the runs that are left here when no cluster is local
    /// any more.
    static func openBackend(
        for clusters: [String: LocalCluster],
        in context: BackendContext
    ) async throws -> [OpenBackend] {
        let backend = try await LocalBackend.open(settings(for: clusters, in: context), logger: context.logger)
        return [OpenBackend(clusters: clusters.keys.sorted(), backend: backend)]
    }

    /// The settings of the backend of this machine.
    static func settings(for clusters: [String: LocalCluster], in context: BackendContext) throws -> LocalSettings {
        guard let executable = Bundle.main.executablePath else {
            throw LocalBackendError("the path of this program is not known; start it by its full path")
        }
        var settings = LocalSettings(
            folder: context.stateFolder.appendingPathComponent("local"),
            executable: executable,
            node: ProcessInfo.processInfo.hostName,
            gpus: clusters.mapValues(\.gpus),
            provisionsRuntimes: context.runtimes.provisionsRuntimes,
            interpreters: context.runtimes.interpreters,
            packages: context.runtimes.packages.compactMap { try? Requirement($0) },
            users: clusters.compactMapValues(\.user)
        )
        settings.logs = clusters.mapValues(\.logs)
        return settings
    }

    /// Counts NVIDIA's device files, `/dev/nvidia0` and so on: <https://docs.kernel.org/admin-guide/devices.html>,
    /// major 195.
    static func countGPUs(in folder: String = "/dev") -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.count { $0.hasPrefix("nvidia") && Int($0.dropFirst(6)) != nil }
    }
}

/// The reason why the backend or a supervisor can't start, as a sentence.
struct LocalBackendError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
