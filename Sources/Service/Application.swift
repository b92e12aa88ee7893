import BackendConfiguration
import Foundation
import Git
import GitMirror
import Jobs
import Journal
import KubernetesBackend
import LocalBackend
import Logging
import Platform
import RESTView
import Reconciler
import ServiceLifecycle
import SignIn
import UnixSignals

/// The composition of the service: this type creates all parts and runs them.
public struct Application: Sendable {
    /// The version of this program, as `--version` prints it.
    public static let version = BuildInformation.current.version

    /// The default of `serve --state` in the help text.
    public static let defaultStateHelp = StateFolder.defaultHelp

    private let source: SettingsSource
    private let settings: Settings

    /// Reads the settings.
    ///
    /// - Throws: ``SettingsError``
    public init(_ source: SettingsSource) throws(SettingsError) {
        self.source = source
        settings = try source.settings()
    }

    /// Reads the kind of backend of each cluster of a configuration file, by the cluster's id.
    ///
    /// - Throws: ``SettingsError``
    public static func backends(inConfiguration path: String) throws(SettingsError) -> [String: String] {
        try SettingsFile(path: path).clusters.mapValues(\.kind)
    }

    /// Serves until SIGTERM or SIGINT. The replicas continue without the service, and the next service finds them.
    /// SIGHUP reloads the configuration.
    ///
    /// - Throws: ``StartError`` if the service can't start.
    public func run() async throws {
        let logger = Logger(label: "tfjob-admin") { [log = settings.log] _ in PlainLogHandler(LineLogHandler(log)) }
        logger.notice(
            "starting",
            metadata: [
                "version": "\(Self.version)", "commit": "\(BuildInformation.current.commit)", "pid": "\(getpid())",
            ]
        )
        DescriptorLimit.raise()
        for warning in settings.warnings {
            logger.warning("\(warning)")
        }
        let state = try StateFolder.prepare(settings.state)
        let lock = try await takeLock(on: state)
        let claim = try await RepositoryClaim.make(for: settings)
        defer { withExtendedLifetime(claim) {} }
        let journal = try openJournal(state, logger: logger)
        let backends = try await openBackends(state, logger: logger)
        let reconciler = Reconciler(
            reconcilerSettings(state),
            journal: journal,
            clusters: clusters(backends),
            logger: logger
        )
        let socket = try prepareSocket()
        defer { socket?.remove() }
        let view = RESTService(
            configuration: try viewConfiguration(socket),
            journal: journal.reader,
            logs: logSources(backends),
            build: .current,
            logger: logger,
            onPush: { reconciler.checkRepository() },
            isServing: { port in
                try socket?.publish()
                let url = settings.listen.url(port: port, isSecure: settings.certificate != nil)
                logger.notice("serving", metadata: ["url": "\(url)"])
            }
        )
        let certificates = CertificateWatch(
            servers: certificateServers,
            measurements: journal.measurements,
            logger: logger
        )
        let deadline = StopDeadline(.milliseconds(4800), logger: logger)
        let reload = Reload(source, running: settings, deadline: deadline, journal: journal, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: backends.map { .init(service: $0.open.backend) } + [
                .init(service: reconciler), .init(service: view),
                .init(service: certificates),
                .init(service: reload, successTerminationBehavior: .gracefullyShutdownGroup),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .milliseconds(4500)
        do {
            defer {
                deadline.cancel()
                lock.release()
            }
            try await ServiceGroup(configuration: configuration).run()
            logger.notice("stopped; the replicas go on")
        } catch let error as RESTServiceError {
            throw StartError("\(error)")
        } catch let error as PlatformError {
            throw StartError("\(error)")
        }
        if reload.isRequested {
            socket?.remove()
            throw StartError("the program can't restart itself: \(ProcessImage.replaceWithItself())")
        }
    }

    private func reconcilerSettings(_ state: URL) -> Reconciler.Settings {
        var result = Reconciler.Settings(
            address: settings.repository,
            branch: settings.branch,
            interval: settings.interval,
            codeFolder: state.appendingPathComponent("code"),
            mirrorFolder: state.appendingPathComponent("mirror"),
            pruneGuard: settings.pruneGuard
        )
        result.mirror = settings.mirror
        result.retention = settings.retention
        result.exportLimit = settings.exportLimit
        result.allowedSigners = settings.allowedSigners
        return result
    }

    /// The servers whose certificates are watched: the repository's and the identity provider's.
    private var certificateServers: [CertificateWatch.Server] {
        var servers: [CertificateWatch.Server?] = []
        if case .remote(let address) = settings.repository {
            servers.append(CertificateWatch.Server(.repository, url: address.url))
        }
        if let issuer = settings.authentication?.provider?.issuer {
            servers.append(CertificateWatch.Server(.identityProvider, url: "\(issuer)"))
        }
        return servers.compactMap(\.self)
    }

    /// Prepares the socket file. Returns nil if the service listens on a host and a port.
    private func prepareSocket() throws(StartError) -> SocketFile? {
        guard case .unix(let path) = settings.listen else { return nil }
        do throws(PlatformError) {
            return try SocketFile(preparing: path)
        } catch {
            guard !error.isAbsence else {
                throw StartError("listen: the folder of \(path) is not there; make it, or choose another path")
            }
            throw StartError("listen: \(error)")
        }
    }

    private func viewConfiguration(_ socket: SocketFile?) throws(StartError) -> RESTService.Configuration {
        var configuration =
            switch settings.listen {
            case .tcp(let host, let port): RESTService.Configuration(host: host, port: port)
            case .unix(let path): RESTService.Configuration(.unix(path: socket?.bindingPath ?? path))
            }
        do throws(RESTServiceError) {
            try settings.certificate?.check()
        } catch {
            throw StartError("tls: \(error)")
        }
        configuration.certificate = settings.certificate
        configuration.authentication = settings.authentication
        configuration.metricsNamePartitions = settings.metricsNamePartitions
        configuration.webhookSecretFile = settings.webhookSecretFile
        if let path = settings.webhookSecretFile {
            // The service reads the file at each delivery. This read reports mistakes at the start.
            do throws(RESTServiceError) {
                _ = try WebhookSecret(file: path)
            } catch {
                throw StartError("\(error)")
            }
        }
        return configuration
    }

    /// Takes the lock of the state folder, and tries for 2 s: a child process that a killed service was starting keeps the
    /// lock until it runs its own program.
    private func takeLock(on state: URL) async throws(StartError) -> FileLock {
        let path = state.appendingPathComponent("lock").path
        let end = ContinuousClock.now + .seconds(2)
        while true {
            do throws(PlatformError) {
                return try FileLock.acquire(path: path, note: "tfjob-admin serve")
            } catch {
                guard case .locked(let holder) = error else { throw StartError("\(error)") }
                guard ContinuousClock.now < end else {
                    throw StartError(
                        "the state folder \(state.path) is in use by \(holder); stop that service, or choose another folder with --state"
                    )
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func openJournal(_ state: URL, logger: Logger) throws(StartError) -> Journal {
        do throws(JournalError) {
            let journal = try Journal(folder: state)
            if let damaged = journal.setAside {
                logger.warning(
                    "the journal was damaged; the service rebuilds it from git and from what the backends run",
                    metadata: ["old": "\(damaged.path)"]
                )
            }
            return journal
        } catch {
            throw StartError("\(error)")
        }
    }

    private func openBackends(
        _ state: URL,
        logger: Logger
    ) async throws(StartError) -> [(kind: String, open: OpenBackend)] {
        var repositoryURL: String?
        if case .remote(let address) = settings.repository {
            repositoryURL = address.description
        }
        let context = BackendContext(
            stateFolder: state,
            installation: { [settings] in try Installation.name(settings, in: state) },
            repositoryURL: repositoryURL,
            runtimes: settings.runtimes,
            logger: logger
        )
        var backends: [(kind: String, open: OpenBackend)] = []
        for kind in BackendKind.all {
            do {
                let opened = try await kind.openBackends(among: settings.clusters, in: context)
                backends += opened.map { (kind.name, $0) }
            } catch {
                throw StartError("the \(kind.name) backend can't begin: \(error)")
            }
        }
        return backends
    }

    private func clusters(_ backends: [(kind: String, open: OpenBackend)]) -> Clusters {
        var members: [String: Clusters.Member] = [:]
        for (index, entry) in backends.enumerated() {
            for cluster in entry.open.clusters {
                members[cluster] = Clusters.Member(kind: entry.kind, backend: index)
            }
        }
        // Without clusters in the configuration, every cluster id means this machine.
        let fallback = members.isEmpty ? backends.first.map { Clusters.Member(kind: $0.kind, backend: 0) } : nil
        return Clusters(backends: backends.map(\.open.backend), members: members, fallback: fallback)
    }

    /// The logs of unknown clusters come from this machine, which has the runs of earlier configurations.
    private func logSources(_ backends: [(kind: String, open: OpenBackend)]) -> LogSources {
        var members: [String: any LogSource] = [:]
        for (_, open) in backends {
            for cluster in open.clusters {
                members[cluster] = open.backend
            }
        }
        return LogSources(members: members, fallback: backends.first?.open.backend)
    }
}

/// The reason why the service can't start, as a sentence for the operator.
public struct StartError: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension BackendKind {
    /// The kinds of backends of this program. The first one is the default. A new backend needs one more element here.
    static let all: [BackendKind] = [.local, .kubernetes]
}

extension BuildInformation {
    /// The build of this program.
    static let current = BuildInformation(
        version: "0.1.0",
        commit: builtCommit,
        swift: swiftVersion,
        libgit2: Repository.libraryVersion
    )

    private static var swiftVersion: String {
        #if swift(>=6.4)
            "6.4 or newer"
        #elseif swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
