import Hummingbird
public import Journal
public import Logging
import NIOCore
public import ServiceLifecycle

/// The read-only REST view over a journal.
///
/// It has nothing to write with: neither the reconciler nor a backend is in its module graph.
public struct RESTService: Service {
    /// Where it listens.
    public struct Configuration: Sendable {
        /// A host name or an address. Whether it may be reached from outside is the caller's to decide: without
        /// ``authentication`` nobody is asked who they are.
        public var host: String
        /// 0 takes any that is free.
        public var port: Int
        /// Who may read. Default: nil, whoever reaches the service.
        public var authentication: Authentication?
        /// Holds what webhooks are signed with: ``WebhookSecret``. Default: nil, there are no webhooks.
        public var webhookSecretFile: String?

        /// Listens on a host and a port, over TCP.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private let configuration: Configuration
    private let journal: JournalReader
    private let build: BuildInformation
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let onPush: @Sendable () -> Void
    private let isServing: @Sendable (_ port: Int) -> Void

    /// Takes all that it needs; ``run()`` begins to listen.
    ///
    /// - Parameters:
    ///   - configuration: where to listen.
    ///   - journal: what to show.
    ///   - build: what to say of the program.
    ///   - logger: hears of requests that failed here.
    ///   - now: what the up-time is measured with.
    ///   - onPush: called for each webhook with a good signature; many may come at once.
    ///   - isServing: called once, with the port, when requests are answered.
    public init(
        configuration: Configuration,
        journal: JournalReader,
        build: BuildInformation,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        onPush: @escaping @Sendable () -> Void = {},
        isServing: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.journal = journal
        self.build = build
        self.logger = logger
        self.now = now
        self.onPush = onPush
        self.isServing = isServing
    }

    /// Answers requests until it is told to stop; those that are under way are finished.
    ///
    /// - Throws: ``ListenError`` where the address can't be listened on.
    public func run() async throws {
        let authenticator = configuration.authentication.map { Authenticator($0, logger: logger) }
        let application = Application(
            responder: makeResponder(authenticator),
            server: .http1(configuration: Limits.connection),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "tfjob-admin"
            ),
            onServerRunning: { [isServing] channel in
                if let port = channel.localAddress?.port {
                    isServing(port)
                }
            },
            logger: quietLogger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let keys = authenticator?.keys {
                group.addTask { await keys.keepFresh() }
            }
            do {
                try await application.run()
            } catch let error as IOError {
                throw ListenError(configuration, error)
            }
            group.cancelAll()
        }
    }

    private func makeResponder(_ authenticator: Authenticator?) -> Responder {
        let startTime = now()
        return Responder(
            service: ServiceRoutes(
                journal: journal,
                build: build,
                authenticator: authenticator,
                uptime: { [now] in now() - startTime }
            ),
            jobs: JobRoutes(journal: journal),
            commits: CommitRoutes(journal: journal),
            webhooks: WebhookRoutes(secretFile: configuration.webhookSecretFile, logger: logger, onPush: onPush),
            authenticator: authenticator,
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
