import Jobs
import Journal
import Logging
import RESTView
import ServiceLifecycle
import TestSupport

/// A journal in a folder of its own, and a real server over it.
struct RESTScene: Sendable {
    let journal: Journal
    /// Where the server listens, at 127.0.0.1.
    let port: Int

    static let build = BuildInformation(version: "1.2.3", commit: "abc", swift: "6.3", libgit2: "1.5.1")

    /// Serves while a test runs, and ends the service as its operator would.
    ///
    /// - Parameters:
    ///   - now: the clock that the up-time is measured with.
    ///   - logs: what replicas printed.
    ///   - logger: the service's.
    ///   - onPush: called for each webhook.
    ///   - configure: sets what is not the default.
    ///   - body: the test.
    @discardableResult
    static func serve<Result: Sendable>(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { [frozen = ContinuousClock.now] in frozen },
        logs: any LogSource = LogSources(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        onPush: @escaping @Sendable () -> Void = {},
        configure: (inout RESTService.Configuration) -> Void = { _ in },
        _ body: (RESTScene) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let journal = try Journal(folder: folder.url)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var configuration = RESTService.Configuration(host: "127.0.0.1", port: 0)
        configure(&configuration)
        let service = RESTService(
            configuration: configuration,
            journal: journal.reader,
            logs: logs,
            build: build,
            logger: logger,
            now: now,
            onPush: onPush,
            isServing: { found.yield($0 ?? 0) }
        )
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        let result: Result? = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            var result: Result?
            if let port = await ports.first(where: { _ in true }) {
                result = try await body(RESTScene(journal: journal, port: port))
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
        withExtendedLifetime(folder) {}
        guard let result else { throw NotServing() }
        return result
    }

    /// The service ended before it listened, without an error.
    struct NotServing: Error {}
}
