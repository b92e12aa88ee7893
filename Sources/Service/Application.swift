import BackendConfiguration
import Foundation
import Git
import Jobs
import Journal
import Logging
import Platform
import RESTView
import ServiceLifecycle
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
        let log = LineLogHandler.Current(settings.log)
        let logger = Logger(label: "tfjob-admin") { _ in PlainLogHandler(LineLogHandler(log)) }
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
        var claim = try await RepositoryClaim.make(for: settings)
        let journal = try openJournal(state, logger: logger)
        let services = ExchangeableServices(logger: logger)
        let assembly = Assembly(
            settings,
            claim,
            state: state,
            journal: journal,
            log: log,
            services: services,
            logger: logger
        )
        // The assembly alone has it, and gives it up with the branch.
        claim = nil
        try await assembly.open()
        let socket = try prepareSocket()
        defer { socket?.remove() }
        let view = await assembly.makeView(try settings.viewConfiguration(bindingPath: socket?.bindingPath)) { port in
            try socket?.publish()
            let url = settings.listen.url(port: port, isSecure: settings.certificate != nil)
            logger.notice("serving", metadata: ["url": "\(url)"])
        }
        await assembly.begin()
        let deadline = StopDeadline(.milliseconds(4800), logger: logger)
        let reload = Reload(source, assembly, deadline: deadline, journal: journal, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: services), .init(service: view),
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
}

/// The reason why the service can't start, as a sentence for the operator.
public struct StartError: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
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
