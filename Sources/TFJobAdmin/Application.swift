import Foundation
import Jobs
import Journal
import KubernetesBackend
import LocalBackend
import Logging
import Platform
import RESTView
import Reconciler
import ServiceLifecycle
import UnixSignals

/// The one place where the service is put together.
struct Application {
    private let source: SettingsSource
    private let settings: Settings

    /// - Throws: ``SettingsError``
    init(_ source: SettingsSource) throws(SettingsError) {
        self.source = source
        settings = try source.settings()
    }

    /// Serves until SIGTERM or SIGINT. The replicas go on; the next service finds them. At SIGHUP it reads its configuration again.
    ///
    /// - Throws: ``StartError`` where the service can't begin.
    func run() async throws {
        let logger = Logger(label: "tfjob-admin") { PlainLogHandler(StreamLogHandler.standardError(label: $0)) }
        DescriptorLimit.raise()
        if let warning = settings.stateWarning {
            logger.warning("\(warning)")
        }
        let state = try StateFolder.prepare(settings.state)
        let lock = try takeLock(on: state)
        let journal = try openJournal(state, logger: logger)
        let backend = try await openBackend(state, logger: logger)
        let remote = try kubernetesBackends(state, logger: logger)
        let reconciler = Reconciler(
            reconcilerSettings(state),
            journal: journal,
            clusters: clusters(backend, remote),
            logger: logger
        )
        let socket = try socketFile()
        defer { socket?.remove() }
        let view = RESTService(
            configuration: try viewConfiguration(socket),
            journal: journal.reader,
            logs: LogSources(
                members: Dictionary(uniqueKeysWithValues: remote.map { ($0.cluster, $0.backend) }),
                fallback: backend
            ),
            build: .current,
            logger: logger,
            onPush: { reconciler.lookAgain() },
            isServing: { port in
                try socket?.publish()
                let url = settings.listen.url(port: port, isSecure: settings.certificate != nil)
                logger.notice("serving", metadata: ["url": "\(url)"])
            }
        )
        let deadline = StopDeadline(.milliseconds(4800), logger: logger)
        let reload = Reload(source, running: settings, deadline: deadline, journal: journal, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: backend)] + remote.map { .init(service: $0.backend) } + [
                .init(service: reconciler), .init(service: view),
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
        } catch let error as ListenError {
            throw StartError("\(error)")
        } catch let error as PlatformError {
            throw StartError("\(error)")
        }
        if reload.isAsked {
            socket?.remove()
            throw StartError("the program can't be started anew: \(ProcessImage.replaceWithItself())")
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
        result.exportLimit = settings.exportLimit
        result.allowedSigners = settings.allowedSigners
        return result
    }

    /// Nil where a host and a port are listened on.
    private func socketFile() throws(StartError) -> SocketFile? {
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
        do throws(CertificateError) {
            try settings.certificate?.check()
        } catch {
            throw StartError("tls: \(error)")
        }
        configuration.certificate = settings.certificate
        configuration.authentication = settings.authentication
        configuration.webhookSecretFile = settings.webhookSecretFile
        if let path = settings.webhookSecretFile {
            // Read for each delivery; here, so that a mistake shows at the start.
            do throws(WebhookSecret.Unusable) {
                _ = try WebhookSecret(file: path)
            } catch {
                throw StartError("\(error)")
            }
        }
        return configuration
    }

    private func takeLock(on state: URL) throws(StartError) -> FileLock {
        do throws(PlatformError) {
            return try FileLock.acquire(path: state.appendingPathComponent("lock").path, note: "tfjob-admin serve")
        } catch {
            guard case .locked(let holder) = error else { throw StartError("\(error)") }
            throw StartError(
                "the state folder \(state.path) is in use by \(holder); stop that service, or choose another folder with --state"
            )
        }
    }

    private func openJournal(_ state: URL, logger: Logger) throws(StartError) -> Journal {
        do throws(JournalError) {
            let journal = try Journal(folder: state)
            if let damaged = journal.setAside {
                logger.warning(
                    "the journal was damaged and begins anew, from git and from what runs",
                    metadata: ["old": "\(damaged.path)"]
                )
            }
            return journal
        } catch {
            throw StartError("\(error)")
        }
    }

    private func openBackend(_ state: URL, logger: Logger) async throws(StartError) -> LocalBackend {
        guard let executable = Bundle.main.executablePath else {
            throw StartError("the path of this program is not known; start it by its full path")
        }
        let local = LocalSettings(
            folder: state.appendingPathComponent("local"),
            executable: executable,
            node: ProcessInfo.processInfo.hostName,
            gpus: settings.clusters.mapValues(\.gpus),
            provisionsRuntimes: settings.provisionsRuntimes,
            interpreters: settings.interpreters
        )
        do {
            return try await LocalBackend.open(local, logger: logger)
        } catch {
            throw StartError("the local backend can't begin: \(error)")
        }
    }

    /// One for each Kubernetes cluster: each has a rate and a health of its own.
    private func kubernetesBackends(
        _ state: URL,
        logger: Logger
    ) throws(StartError) -> [(cluster: String, backend: KubernetesBackend)] {
        guard !settings.kubernetes.isEmpty else { return [] }
        let installation = try Installation.name(settings, in: state)
        return settings.kubernetes.sorted { $0.key < $1.key }.map { id, cluster in
            (id, KubernetesBackend(cluster, cluster: id, installation: installation, logger: logger))
        }
    }

    private func clusters(
        _ local: LocalBackend,
        _ remote: [(cluster: String, backend: KubernetesBackend)]
    ) -> Clusters {
        let machine = Clusters.Member(kind: "local", backend: 0)
        guard !settings.clusters.isEmpty || !remote.isEmpty else {
            return Clusters(backends: [local], fallback: machine)
        }
        var members = settings.clusters.mapValues { _ in machine }
        for (index, entry) in remote.enumerated() {
            members[entry.cluster] = Clusters.Member(kind: "kubernetes", backend: index + 1)
        }
        return Clusters(backends: [local] + remote.map(\.backend), members: members)
    }
}

/// Why the service can't begin: a sentence for the operator.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
