import Hummingbird
public import Jobs
public import Journal
public import Logging
import NIOCore
public import ServiceLifecycle
public import SignIn
import Synchronization

/// The read-only REST view over a journal.
///
/// The module graph keeps it read-only: it can import neither the reconciler nor a backend.
public final class RESTService: Service {
    /// The service's settings.
    public struct Configuration: Sendable {
        /// Where to listen. The caller decides whether others may reach this address: without ``authentication`` nobody signs in.
        public var address: Address
        /// The certificate for TLS. Default: nil, plain HTTP.
        public var certificate: CertificateFiles?
        /// Who may read. Default: nil, whoever reaches the service.
        public var authentication: Authentication?
        /// The file with the ``WebhookSecret``. Default: nil, webhooks are off.
        public var webhookSecretFile: String?
        /// The number of followed logs and watched lists that one client may have at a time. A client is a signed-in user, or an
        /// address if nobody signs in. Default: nil, 100 for a user and 2000 for an address.
        public var streamsPerClient: Int?
        /// Whether `/metrics` has numbers for each partition, and so the names of partitions. Default: false.
        public var metricsNamePartitions = false
        /// How often a watched list gets a line if nothing changes, so that both sides notice a broken connection. Default: 15 s.
        public var heartbeat = Duration.seconds(15)
        /// The time limits for clients.
        public var patience = Patience()

        /// Listens at an address.
        public init(_ address: Address) {
            self.address = address
        }

        /// Listens on a host and a port, over TCP.
        public init(host: String, port: Int) {
            self.init(.tcp(host: host, port: port))
        }
    }

    /// The address that clients connect to.
    public enum Address: Sendable, Equatable, CustomStringConvertible {
        /// A host name or an address. Port 0 takes any free port.
        case tcp(host: String, port: Int)
        /// A Unix socket at a path where no file exists. The caller sets its file mode and removes it.
        case unix(path: String)

        /// `host:port`, or the path.
        public var description: String {
            switch self {
            case .tcp(let host, let port): "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    /// The parts that follow the configuration.
    private struct Current {
        var configuration: Configuration
        var authenticator: Authenticator?
        var responder: Responder?
        /// Keeps the keys of the identity provider fresh. It runs while the service does.
        var keys: Task<Void, Never>?
    }

    private let journal: JournalReader
    private let build: BuildInformation
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let onPush: @Sendable () -> Void
    private let isServing: @Sendable (_ port: Int?) throws -> Void
    private let hub: WatchHub
    private let streams: StreamLimit
    private let counts = RequestCounts()
    private let startTime = Mutex<ContinuousClock.Instant?>(nil)
    private let certificate = Mutex<ServerCertificate?>(nil)
    private let current: Mutex<Current>

    /// Creates a service. ``run()`` begins to listen.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - journal: the data to show.
    ///   - logs: the logs of replicas. Default: none.
    ///   - build: the program's version.
    ///   - logger: receives a line for each request, and errors.
    ///   - now: the clock for the up-time.
    ///   - onPush: called for each webhook with a good signature, also concurrently.
    ///   - isServing: called once when the service answers requests, with the port of a TCP address. If it throws, the service
    ///     ends with that error.
    public init(
        configuration: Configuration,
        journal: JournalReader,
        logs: any LogSource = LogSources(),
        build: BuildInformation,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        onPush: @escaping @Sendable () -> Void = {},
        isServing: @escaping @Sendable (_ port: Int?) throws -> Void = { _ in }
    ) {
        self.journal = journal
        self.build = build
        self.logger = logger
        self.now = now
        self.onPush = onPush
        self.isServing = isServing
        hub = WatchHub(journal: journal, logger: logger)
        streams = StreamLimit(perClient: configuration.streamLimit)
        let authenticator = configuration.authentication.map { Authenticator($0, logger: logger) }
        current = Mutex(Current(configuration: configuration, authenticator: authenticator))
        current.withLock { $0.responder = makeResponder(configuration, authenticator, logs) }
    }

    /// Goes on with another configuration. The listener, connections, counters and the up-time stay; streams go on, unless
    /// ``Configuration/authentication`` is another one: then they end, and their clients come again.
    ///
    /// - Parameters:
    ///   - new: the settings. The address, and whether there is a certificate, must be as they were.
    ///   - logs: the logs of replicas.
    /// - Throws: ``RESTServiceError`` if the certificate can't be used. Then nothing changes.
    public func reconfigure(_ new: Configuration, logs: any LogSource) throws(RESTServiceError) {
        if let files = new.certificate {
            try certificate.withLock(\.self)?.use(files)
        }
        let isOtherAccess = current.withLock { current in
            let isOther = current.configuration.authentication != new.authentication
            if isOther {
                current.authenticator = new.authentication.map { Authenticator($0, logger: logger) }
                current.keys?.cancel()
                current.keys = keepKeysFresh(current.authenticator)
            }
            current.configuration = new
            current.responder = makeResponder(new, current.authenticator, logs)
            return isOther
        }
        streams.setLimit(new.streamLimit)
        if isOtherAccess {
            streams.endAll()
        }
    }

    private func keepKeysFresh(_ authenticator: Authenticator?) -> Task<Void, Never>? {
        guard let keys = authenticator?.keys else { return nil }
        return Task.detached { await keys.keepFresh() }
    }

    /// Answers requests until graceful shutdown. Requests in progress are finished.
    ///
    /// - Throws: ``RESTServiceError`` if the address or the certificate can't be used, and the error of `isServing`.
    public func run() async throws {
        let configuration = current.withLock(\.configuration)
        startTime.withLock { $0 = now() }
        let certificate = try configuration.certificate.map { files throws(RESTServiceError) in
            try ServerCertificate(files, measurements: journal.measurements, logger: logger)
        }
        self.certificate.withLock { $0 = certificate }
        let start = Start(isServing)
        let application = Application(
            responder: CurrentResponder { [self] in current.withLock(\.responder) },
            server: .http1(configuration: configuration.patience.connectionConfiguration, certificate: certificate),
            configuration: ApplicationConfiguration(address: configuration.address.bound, serverName: "tfjob-admin"),
            onServerRunning: start.reportServing,
            logger: quietLogger
        )
        current.withLock { $0.keys = keepKeysFresh($0.authenticator) }
        defer { current.withLock { $0.keys?.cancel() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let certificate {
                group.addTask { await certificate.keepFresh() }
            }
            group.addTask { [hub] in await hub.run(heartbeat: configuration.heartbeat) }
            defer { group.cancelAll() }
            do {
                try await application.run()
            } catch let error as IOError {
                throw RESTServiceError(configuration.address, error)
            } catch {
                throw start.failure ?? error
            }
        }
    }

    private func makeResponder(
        _ configuration: Configuration,
        _ authenticator: Authenticator?,
        _ logs: any LogSource
    ) -> Responder {
        let service = ServiceRoutes(
            journal: journal,
            build: build,
            authenticator: authenticator,
            uptime: { [now, weak self] in
                let time = now()
                return time - (self?.startTime.withLock(\.self) ?? time)
            }
        )
        let handlers = Handlers(
            service: service,
            jobs: JobRoutes(journal: journal, documents: JobDocuments(), hub: hub, streams: streams),
            history: HistoryRoutes(journal: journal),
            logs: LogRoutes(journal: journal, logs: logs, streams: streams),
            metrics: MetricsRoutes(
                journal: journal,
                service: service,
                streams: streams,
                requests: counts,
                namesPartitions: configuration.metricsNamePartitions
            ),
            webhooks: WebhookRoutes(
                secretFile: configuration.webhookSecretFile,
                measurements: journal.measurements,
                logger: logger,
                onPush: onPush
            )
        )
        return Responder(
            handlers: handlers,
            authenticator: authenticator,
            counts: counts,
            logger: logger
        )
    }

    /// Hummingbird logs at `info` where it listens, which the service does itself.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }
}

/// Answers each request as the configuration in force says.
private struct CurrentResponder: HTTPResponder {
    /// Nil only before the service was created.
    let find: @Sendable () -> Responder?

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        guard let responder = find() else { return Response(status: .serviceUnavailable) }
        return await responder.respond(to: request, context: context)
    }
}

extension RESTService.Configuration {
    fileprivate var streamLimit: Int { streamsPerClient ?? (authentication == nil ? 2000 : 100) }
}

extension RESTService.Address {
    fileprivate var bound: BindAddress {
        switch self {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }
}
