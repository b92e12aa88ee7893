import Hummingbird
public import Jobs
public import Journal
public import Logging
import NIOCore
public import ServiceLifecycle
public import SignIn

/// The read-only REST view over a journal.
///
/// It has nothing to write with: neither the reconciler nor a backend is in its module graph.
public struct RESTService: Service {
    /// Where it listens.
    public struct Configuration: Sendable {
        /// Whether it may be reached from outside is the caller's to decide: without ``authentication`` nobody is asked who they are.
        public var address: Address
        /// What it shows to be who it is, over TLS. Default: nil, it speaks plain HTTP.
        public var certificate: CertificateFiles?
        /// Who may read. Default: nil, whoever reaches the service.
        public var authentication: Authentication?
        /// Holds what webhooks are signed with: ``WebhookSecret``. Default: nil, there are no webhooks.
        public var webhookSecretFile: String?
        /// How many followed logs and watched lists one client may have at a time: a signed-in user, or an address where nobody
        /// signs in. Default: nil, 100 for a user and 2000 for an address.
        public var streamsPerClient: Int?
        /// How long a watched list may be quiet before a line is sent nevertheless, which shows both sides that the other is there.
        /// Default: 15 s.
        public var heartbeat = Duration.seconds(15)
        /// How long a client may take for what it has to do.
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

    /// What clients connect to.
    public enum Address: Sendable, Equatable, CustomStringConvertible {
        /// A host name or an address; port 0 takes any that is free.
        case tcp(host: String, port: Int)
        /// A Unix socket. Its path, at which there is nothing yet; who may use it, and its end, are the caller's to look after.
        case unix(path: String)

        /// `host:port`, or the path.
        public var description: String {
            switch self {
            case .tcp(let host, let port): "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    private let configuration: Configuration
    private let journal: JournalReader
    private let logs: any LogSource
    private let build: BuildInformation
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let onPush: @Sendable () -> Void
    private let isServing: @Sendable (_ port: Int?) throws -> Void

    /// Takes all that it needs; ``run()`` begins to listen.
    ///
    /// - Parameters:
    ///   - configuration: where to listen.
    ///   - journal: what to show.
    ///   - logs: what replicas printed. Default: nothing.
    ///   - build: what to say of the program.
    ///   - logger: hears of requests that failed here.
    ///   - now: what the up-time is measured with.
    ///   - onPush: called for each webhook with a good signature; many may come at once.
    ///   - isServing: called once when requests are answered, with the port, if there is one. Where it throws, the service ends with that.
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
        self.configuration = configuration
        self.journal = journal
        self.logs = logs
        self.build = build
        self.logger = logger
        self.now = now
        self.onPush = onPush
        self.isServing = isServing
    }

    /// Answers requests until it is told to stop; those that are under way are finished.
    ///
    /// - Throws: ``ListenError`` where the address can't be listened on; ``CertificateError``; what `isServing` threw.
    public func run() async throws {
        let authenticator = configuration.authentication.map { Authenticator($0, logger: logger) }
        let certificate = try configuration.certificate.map { files throws(CertificateError) in
            try ServerCertificate(files, logger: logger)
        }
        let start = Start(isServing)
        let hub = WatchHub(journal: journal, logger: logger)
        let application = Application(
            responder: makeResponder(authenticator, hub),
            server: .http1(configuration: Limits.connection(configuration.patience), certificate: certificate),
            configuration: ApplicationConfiguration(address: configuration.address.bound, serverName: "tfjob-admin"),
            onServerRunning: start.note,
            logger: quietLogger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let keys = authenticator?.keys {
                group.addTask { await keys.keepFresh() }
            }
            if let certificate {
                group.addTask { await certificate.keepFresh() }
            }
            group.addTask { [quiet = configuration.heartbeat] in await hub.run(quiet: quiet) }
            defer { group.cancelAll() }
            do {
                try await application.run()
            } catch let error as IOError {
                throw ListenError(configuration.address, error)
            } catch {
                throw start.failure ?? error
            }
        }
    }

    private func makeResponder(_ authenticator: Authenticator?, _ hub: WatchHub) -> Responder {
        let startTime = now()
        let service = ServiceRoutes(
            journal: journal,
            build: build,
            authenticator: authenticator,
            uptime: { [now] in now() - startTime }
        )
        let streams = StreamLimit(perClient: configuration.streamsPerClient ?? (authenticator == nil ? 2000 : 100))
        let counts = RequestCounts()
        return Responder(
            service: service,
            jobs: JobRoutes(journal: journal, documents: JobDocuments(), hub: hub, streams: streams),
            history: HistoryRoutes(journal: journal),
            logs: LogRoutes(journal: journal, logs: logs, streams: streams),
            commits: CommitRoutes(journal: journal),
            metrics: MetricsRoutes(journal: journal, service: service, streams: streams, requests: counts),
            webhooks: WebhookRoutes(secretFile: configuration.webhookSecretFile, logger: logger, onPush: onPush),
            authenticator: authenticator,
            counts: counts,
            logger: logger
        )
    }

    /// Hummingbird says at `info` where it listens; the service says so itself.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }
}

extension RESTService.Address {
    fileprivate var bound: BindAddress {
        switch self {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }
}
