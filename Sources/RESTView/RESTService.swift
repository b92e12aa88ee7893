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
        /// A host name or an address.
        public var host: String
        /// 0 takes any that is free.
        public var port: Int

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
    private let isServing: @Sendable (_ port: Int) -> Void

    /// - Parameters:
    ///   - configuration: where to listen.
    ///   - journal: what to show.
    ///   - build: what to say of the program.
    ///   - logger: hears of requests that failed here.
    ///   - isServing: called once, with the port, when requests are answered.
    public init(
        configuration: Configuration,
        journal: JournalReader,
        build: BuildInformation,
        logger: Logger,
        isServing: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.journal = journal
        self.build = build
        self.logger = logger
        self.isServing = isServing
    }

    /// Answers requests until it is told to stop; those that are under way are finished.
    public func run() async throws {
        let application = Application(
            router: makeRouter(),
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
        try await application.run()
    }

    /// Hummingbird says at `info` where it listens; the service says so itself.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }

    private func makeRouter() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(logger: logger))
        ServiceRoutes(journal: journal, build: build, startTime: .now).add(to: router)
        JobRoutes(journal: journal).add(to: router)
        return router
    }
}
