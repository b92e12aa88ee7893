public import Foundation
public import Jobs
public import Logging
public import ServiceLifecycle
public import Yams

/// A kind of backend: the value of `clusters.<id>.backend`, the keys of such a cluster, and how to open it.
///
/// The target of each backend has one. The service's list of kinds is the only other place that names it.
public struct BackendKind: Sendable {
    /// The value of `clusters.<id>.backend`: `local`, `kubernetes`.
    public let name: String
    private let read: @Sendable (Node, String, inout SettingsReader) -> any Sendable & Equatable
    private let open: @Sendable ([String: any Sendable & Equatable], BackendContext) async throws -> [OpenBackend]

    /// - Parameters:
    ///   - name: the value of `clusters.<id>.backend`.
    ///   - readCluster: reads the keys of one cluster from its mapping; the text is the cluster's own key, for messages:
    ///     `clusters.prod`. Each fault goes to the reader.
    ///   - openBackends: opens the backends of all clusters of this kind, by cluster id. It is called once, also when no cluster
    ///     is of this kind.
    public init<Cluster: Sendable & Equatable>(
        _ name: String,
        readCluster: @escaping @Sendable (Node, String, inout SettingsReader) -> Cluster,
        openBackends: @escaping @Sendable ([String: Cluster], BackendContext) async throws -> [OpenBackend]
    ) {
        self.name = name
        read = { readCluster($0, $1, &$2) }
        open = { try await openBackends($0.compactMapValues { $0 as? Cluster }, $1) }
    }

    /// Reads one cluster of the configuration.
    public func readCluster(_ node: Node, at place: String, with reader: inout SettingsReader) -> ConfiguredCluster {
        ConfiguredCluster(kind: name, settings: read(node, place, &reader))
    }

    /// Opens the backends of those clusters that are of this kind.
    public func openBackends(
        among clusters: [String: ConfiguredCluster],
        in context: BackendContext
    ) async throws -> [OpenBackend] {
        try await open(clusters.filter { $0.value.kind == name }.mapValues(\.settings), context)
    }
}

/// What every kind of backend gets from the service.
public struct BackendContext: Sendable {
    /// The state folder of the service. A backend keeps its files in a folder of its own below it.
    public let stateFolder: URL
    /// Finds the name of this service on clusters that others use too. The first call of a new state folder writes it there.
    public let installation: @Sendable () throws -> String
    /// The URL from which others can clone the jobs repository; nil for a repository that is read in place.
    public let repositoryURL: String?
    /// The key `runtimes` of the configuration.
    public let runtimes: RuntimeSettings
    /// Gets the messages of the backends.
    public let logger: Logger

    /// Nothing has a default.
    public init(
        stateFolder: URL,
        installation: @escaping @Sendable () throws -> String,
        repositoryURL: String?,
        runtimes: RuntimeSettings,
        logger: Logger
    ) {
        self.stateFolder = stateFolder
        self.installation = installation
        self.repositoryURL = repositoryURL
        self.runtimes = runtimes
        self.logger = logger
    }
}

/// The key `runtimes` of the configuration: where runs on this machine get their interpreters from.
public struct RuntimeSettings: Sendable, Equatable {
    /// Whether the service makes missing virtual environments, by pip. Default: true.
    public var provisionsRuntimes = true
    /// Interpreters by Python version, for example `3.11`. They win over those on the `PATH`.
    public var interpreters: [String: String] = [:]

    /// The defaults.
    public init() {}
}

/// A backend that is ready, and the clusters that it serves.
public struct OpenBackend: Sendable {
    /// The ids of the clusters.
    public let clusters: [String]
    /// The backend; it runs as one of the services of the process.
    public let backend: any Backend & LogSource & ServiceLifecycle.Service

    /// One backend may serve several clusters.
    public init(clusters: [String], backend: any Backend & LogSource & ServiceLifecycle.Service) {
        self.clusters = clusters
        self.backend = backend
    }
}

/// One cluster of the configuration, whatever its kind.
public struct ConfiguredCluster: Sendable, Equatable {
    /// ``BackendKind/name`` of its kind.
    public let kind: String
    /// What the kind's reader made of the cluster's keys.
    public let settings: any Sendable & Equatable

    /// - Parameter settings: what the kind's reader returns.
    public init(kind: String, settings: any Sendable & Equatable) {
        self.kind = kind
        self.settings = settings
    }

    /// Equal kinds with equal settings.
    public static func == (left: Self, right: Self) -> Bool {
        left.kind == right.kind && left.settings.isEqual(to: right.settings)
    }
}

extension Equatable {
    fileprivate func isEqual(to other: any Equatable) -> Bool { self == other as? Self }
}
