public import Foundation
public import Jobs
public import Logging
public import ServiceLifecycle
public import Yams

/// A kind of backend: the value of `clusters.<id>.backend`, the keys of such a cluster, and the function that opens it.
///
/// The target of each backend defines one. The only other place that names it is the service's list of kinds.
public struct BackendKind: Sendable {
    /// The value of `clusters.<id>.backend`, for example `kubernetes`.
    public let name: String
    private let read: @Sendable (Node, String, inout SettingsReader) -> any Sendable & Equatable
    private let open: @Sendable ([String: any Sendable & Equatable], BackendContext) async throws -> [OpenBackend]
    private let apply:
        (@Sendable (any Backend, [String: any Sendable & Equatable], BackendContext) async throws -> Void)?

    /// Creates a kind of backend.
    ///
    /// - Parameters:
    ///   - name: the value of `clusters.<id>.backend`.
    ///   - readCluster: reads the keys of one cluster from its mapping. The text is the key of the cluster for
    ///     messages, for example `clusters.prod`. The function reports errors to the reader.
    ///   - openBackends: opens the backends of all clusters of this kind, by cluster id. It is called once, even if no
    ///     cluster has this kind.
    ///   - applySettings: puts the settings of all clusters of this kind, by cluster id, in force in its only backend, which is
    ///     open. Nil: each cluster has a backend of its own, and one with other settings is opened in its place. Default: nil.
    public init<Cluster: Sendable & Equatable>(
        _ name: String,
        readCluster: @escaping @Sendable (Node, String, inout SettingsReader) -> Cluster,
        openBackends: @escaping @Sendable ([String: Cluster], BackendContext) async throws -> [OpenBackend],
        applySettings: (@Sendable (any Backend, [String: Cluster], BackendContext) async throws -> Void)? = nil
    ) {
        self.name = name
        read = { readCluster($0, $1, &$2) }
        open = { try await openBackends($0.compactMapValues { $0 as? Cluster }, $1) }
        guard let applySettings else {
            apply = nil
            return
        }
        apply = { backend, clusters, context in
            try await applySettings(backend, clusters.compactMapValues { $0 as? Cluster }, context)
        }
    }

    /// Reads one cluster of the configuration.
    public func readCluster(_ node: Node, at place: String, with reader: inout SettingsReader) -> ConfiguredCluster {
        ConfiguredCluster(kind: name, settings: read(node, place, &reader))
    }

    /// Opens the backends of all clusters of this kind.
    public func openBackends(
        among clusters: [String: ConfiguredCluster],
        in context: BackendContext
    ) async throws -> [OpenBackend] {
        try await open(ofThisKind(clusters), context)
    }

    /// Whether the kind has one open backend, in which other settings can be put in force.
    public var appliesSettings: Bool { apply != nil }

    /// Puts the settings of all clusters of this kind in force in its open backend.
    ///
    /// - Returns: the backend with the clusters that it serves from now on.
    public func applySettings(
        of clusters: [String: ConfiguredCluster],
        to open: OpenBackend,
        in context: BackendContext
    ) async throws -> OpenBackend {
        let clusters = ofThisKind(clusters)
        try await apply?(open.backend, clusters, context)
        return OpenBackend(clusters: clusters.keys.sorted(), backend: open.backend)
    }

    private func ofThisKind(_ clusters: [String: ConfiguredCluster]) -> [String: any Sendable & Equatable] {
        clusters.filter { $0.value.kind == name }.mapValues(\.settings)
    }
}

/// The parts of the service that every kind of backend can use.
public struct BackendContext: Sendable {
    /// The state folder of the service. Each backend keeps its files in its own folder below it.
    public let stateFolder: URL
    /// Returns the name of this service on shared clusters. The first call for a new state folder stores the name
    /// there.
    public let installation: @Sendable () throws -> String
    /// The URL from which other machines can clone the jobs repository. Nil: the service reads a local repository.
    public let repositoryURL: String?
    /// The value of the key `runtimes` of the configuration.
    public let runtimes: RuntimeSettings
    /// The logger for the backends.
    public let logger: Logger

    /// Creates a context. No parameter has a default.
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

/// The value of the key `runtimes` of the configuration: the sources of the interpreters for runs on this machine.
public struct RuntimeSettings: Sendable, Equatable {
    /// Whether the service creates missing virtual environments with pip. Default: true.
    public var provisionsRuntimes = true
    /// Interpreters by Python version, for example `3.11`. They win over those on the `PATH`.
    public var interpreters: [String: String] = [:]
    /// The packages that each runtime gets beside TensorFlow, in pip's syntax, for example `pandas==2.3.3`.
    public var packages: [String] = []

    /// Creates settings with the defaults.
    public init() {}
}

/// An open backend and the clusters that it serves.
public struct OpenBackend: Sendable {
    /// The ids of the clusters.
    public let clusters: [String]
    /// The backend, which runs as one of the services of the process.
    public let backend: any Backend & LogSource & ServiceLifecycle.Service

    /// Creates a pair of a backend and its clusters, of which there may be several.
    public init(clusters: [String], backend: any Backend & LogSource & ServiceLifecycle.Service) {
        self.clusters = clusters
        self.backend = backend
    }
}

/// One cluster of the configuration, of any kind.
public struct ConfiguredCluster: Sendable, Equatable {
    /// The ``BackendKind/name`` of the kind.
    public let kind: String
    /// The settings that the kind's reader returned.
    public let settings: any Sendable & Equatable

    /// - Parameters:
    ///   - kind: the name of the kind.
    ///   - settings: the settings that the kind's reader returned.
    public init(kind: String, settings: any Sendable & Equatable) {
        self.kind = kind
        self.settings = settings
    }

    /// Whether the kinds and the settings are equal.
    public static func == (left: Self, right: Self) -> Bool {
        left.kind == right.kind && left.settings.isEqual(to: right.settings)
    }
}

extension Equatable {
    fileprivate func isEqual(to other: any Equatable) -> Bool { self == other as? Self }
}
