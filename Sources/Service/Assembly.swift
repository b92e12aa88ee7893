import BackendConfiguration
import Foundation
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

/// The parts of the service that follow the configuration: they are made from it, and exchanged when it changes.
///
/// The journal, the lock of the state folder and the REST view with its listener stay. A backend stays if its settings do, and
/// that of this machine always: its launches and stops go on.
actor Assembly {
    private struct OpenPart {
        let kind: BackendKind
        var open: OpenBackend
        /// Nil before it was begun.
        var handle: ExchangeableServices.Handle?
    }

    /// The parts that are exchanged as a whole.
    private struct Loop {
        let reconciler: Reconciler
        let handles: [ExchangeableServices.Handle]
    }

    private var settings: Settings
    private let state: URL
    private let journal: Journal
    private let log: LineLogHandler.Current
    private let logger: Logger
    private let services: ExchangeableServices
    /// Nil: several services may serve the branch.
    private var claim: RepositoryClaim?
    private var parts: [OpenPart] = []
    private var loop: Loop?
    private var view: RESTService?

    init(
        _ settings: Settings,
        _ claim: RepositoryClaim?,
        state: URL,
        journal: Journal,
        log: LineLogHandler.Current,
        services: ExchangeableServices,
        logger: Logger
    ) {
        self.settings = settings
        self.claim = claim
        self.state = state
        self.journal = journal
        self.log = log
        self.services = services
        self.logger = logger
    }

    // MARK: - The start

    /// Opens the backends. Nothing runs yet.
    ///
    /// - Throws: ``StartError``
    func open() async throws(StartError) {
        let context = context(settings)
        for kind in BackendKind.all {
            parts += try await openParts(of: kind, settings.clusters, context)
        }
    }

    /// Returns the REST view, which shows the open backends.
    func makeView(
        _ configuration: RESTService.Configuration,
        isServing: @escaping @Sendable (_ port: Int?) throws -> Void
    ) -> RESTService {
        let view = RESTService(
            configuration: configuration,
            journal: journal.reader,
            logs: logSources,
            build: .current,
            logger: logger,
            onPush: { [weak self] in Task { await self?.checkRepository() } },
            isServing: isServing
        )
        self.view = view
        return view
    }

    /// Starts the backends and the reconciler.
    func begin() {
        beginParts()
        beginLoop()
    }

    private func checkRepository() {
        loop?.reconciler.checkRepository()
    }

    private func beginParts() {
        for index in parts.indices where parts[index].handle == nil {
            parts[index].handle = services.begin(parts[index].open.backend)
        }
    }

    private func beginLoop() {
        let reconciler = Reconciler(
            reconcilerSettings(settings),
            journal: journal,
            clusters: clusters,
            logger: logger
        )
        let certificates = CertificateWatch(
            servers: settings.certificateServers,
            measurements: journal.measurements,
            logger: logger
        )
        loop = Loop(reconciler: reconciler, handles: [services.begin(certificates), services.begin(reconciler)])
    }

    // MARK: - A change of the configuration

    /// What a running service can't change: the keys, by their names.
    func fixedKeys(changedBy new: Settings) -> [String] {
        var keys: [String] = []
        if new.state != settings.state { keys.append("state") }
        if new.listen != settings.listen { keys.append("listen") }
        if new.installation != settings.installation { keys.append("installation") }
        if (new.certificate == nil) != (settings.certificate == nil) { keys.append("tls") }
        return keys
    }

    /// Whether these are the settings in force.
    func isInForce(_ new: Settings) -> Bool { new == settings }

    /// Puts other settings in force.
    ///
    /// - Returns: false if an action is under way that can't be waited for. The program must restart then: the journal has the
    ///   action, and the next start takes it up.
    /// - Throws: ``StartError`` if the settings can't be put in force. Then the old ones stay in force.
    func change(to new: Settings) async throws(StartError) -> Bool {
        let configuration = try new.viewConfiguration(bindingPath: nil)
        // What may fail comes first.
        let newClaim = try await claim(for: new)
        let (kept, opened, removed) = try await exchangeParts(for: new)
        if let loop {
            for handle in loop.handles.reversed() {
                await services.end(handle)
            }
            guard loop.reconciler.isIdle else { return false }
        }
        parts = kept + opened
        claim = newClaim
        settings = new
        log.settings = new.log
        await applySettings(context(new))
        for part in removed {
            if let handle = part.handle {
                await services.end(handle)
            }
        }
        do throws(RESTServiceError) {
            try view?.reconfigure(configuration, logs: logSources)
        } catch {
            // Both were checked a moment ago; the certificate's files are looked at each second all the same.
            logger.error("the REST view keeps its old configuration", metadata: ["error": "\(error)"])
        }
        beginParts()
        beginLoop()
        return true
    }

    /// The claim for other settings: the one of now, where it is the same branch.
    private func claim(for new: Settings) async throws(StartError) -> RepositoryClaim? {
        if let claim, !new.sharesRepository, claim.name == RepositoryClaim.name(for: new) { return claim }
        return try await RepositoryClaim.make(for: new)
    }

    /// Opens the backends of clusters that are new or have other settings.
    private func exchangeParts(
        for new: Settings
    ) async throws(StartError) -> (kept: [OpenPart], opened: [OpenPart], removed: [OpenPart]) {
        var (kept, opened, removed): ([OpenPart], [OpenPart], [OpenPart]) = ([], [], [])
        let isOtherRepository = new.repositoryURL != settings.repositoryURL
        for kind in BackendKind.all {
            let open = parts.filter { $0.kind.name == kind.name }
            guard !kind.appliesSettings || open.isEmpty else {
                kept += open
                continue
            }
            var missing = new.clusters.filter { $0.value.kind == kind.name }
            for part in open {
                let isSame = part.open.clusters.allSatisfy { new.clusters[$0] == settings.clusters[$0] }
                if isSame, !isOtherRepository {
                    kept.append(part)
                    for cluster in part.open.clusters {
                        missing[cluster] = nil
                    }
                } else {
                    removed.append(part)
                }
            }
            opened += try await openParts(of: kind, missing, context(new))
        }
        return (kept, opened, removed)
    }

    private func applySettings(_ context: BackendContext) async {
        for index in parts.indices where parts[index].kind.appliesSettings {
            do {
                parts[index].open = try await parts[index].kind.applySettings(
                    of: settings.clusters,
                    to: parts[index].open,
                    in: context
                )
            } catch {
                logger.error(
                    "the \(parts[index].kind.name) backend keeps its settings",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    // MARK: - The parts

    private func openParts(
        of kind: BackendKind,
        _ clusters: [String: ConfiguredCluster],
        _ context: BackendContext
    ) async throws(StartError) -> [OpenPart] {
        do {
            return try await kind.openBackends(among: clusters, in: context).map { OpenPart(kind: kind, open: $0) }
        } catch {
            throw StartError("the \(kind.name) backend can't begin: \(error)")
        }
    }

    private func context(_ settings: Settings) -> BackendContext {
        BackendContext(
            stateFolder: state,
            installation: { [state] in try Installation.name(settings, in: state) },
            repositoryURL: settings.repositoryURL,
            runtimes: settings.runtimes,
            logger: logger
        )
    }

    private func reconcilerSettings(_ settings: Settings) -> Reconciler.Settings {
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
        if case .remote(let address) = settings.repository {
            let server = CertificateWatch.Server(.repository, url: address.url)
            result.readCertificateExpiry = { try? await server?.readExpiry() }
        }
        return result
    }

    private var clusters: Clusters {
        var members: [String: Clusters.Member] = [:]
        for (index, part) in parts.enumerated() {
            for cluster in part.open.clusters {
                members[cluster] = Clusters.Member(kind: part.kind.name, backend: index)
            }
        }
        // Without clusters in the configuration, every cluster id means this machine.
        let fallback = members.isEmpty ? parts.first.map { Clusters.Member(kind: $0.kind.name, backend: 0) } : nil
        return Clusters(backends: parts.map(\.open.backend), members: members, fallback: fallback)
    }

    /// The logs of unknown clusters come from this machine, which has the runs of earlier configurations.
    private var logSources: LogSources {
        var members: [String: any LogSource] = [:]
        for part in parts {
            for cluster in part.open.clusters {
                members[cluster] = part.open.backend
            }
        }
        return LogSources(members: members, fallback: parts.first?.open.backend)
    }
}

extension BackendKind {
    /// The kinds of backends of this program. The first one is the default. A new backend needs one more element here.
    static let all: [BackendKind] = [.local, .kubernetes]
}

extension Settings {
    /// The URL of a repository on the network; nil for one that is read in place.
    fileprivate var repositoryURL: String? {
        guard case .remote(let address) = repository else { return nil }
        return address.description
    }

    /// The servers whose certificates are watched: the repository's and the identity provider's.
    fileprivate var certificateServers: [CertificateWatch.Server] {
        var servers: [CertificateWatch.Server?] = []
        if case .remote(let address) = repository {
            servers.append(CertificateWatch.Server(.repository, url: address.url))
        }
        if let issuer = authentication?.provider?.issuer {
            servers.append(CertificateWatch.Server(.identityProvider, url: "\(issuer)"))
        }
        return servers.compactMap(\.self)
    }

    /// The settings of the REST view, after a look at the files that they name.
    ///
    /// - Parameter bindingPath: where to bind the Unix socket. Nil: at its own path.
    /// - Throws: ``StartError`` if a file can't be used.
    func viewConfiguration(bindingPath: String?) throws(StartError) -> RESTService.Configuration {
        var configuration =
            switch listen {
            case .tcp(let host, let port): RESTService.Configuration(host: host, port: port)
            case .unix(let path): RESTService.Configuration(.unix(path: bindingPath ?? path))
            }
        do throws(RESTServiceError) {
            try certificate?.check()
        } catch {
            throw StartError("tls: \(error)")
        }
        configuration.certificate = certificate
        configuration.authentication = authentication
        configuration.metricsNamePartitions = metricsNamePartitions
        configuration.webhookSecretFile = webhookSecretFile
        if let path = webhookSecretFile {
            // The service reads the file at each delivery. This read reports mistakes early.
            do throws(RESTServiceError) {
                _ = try WebhookSecret(file: path)
            } catch {
                throw StartError("\(error)")
            }
        }
        return configuration
    }
}
