import Glibc
import Journal
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Puts a new configuration in force after SIGHUP, and restarts the program in the same process after damage to the journal.
///
/// A configuration with errors is reported and changes nothing. The program also restarts if a new configuration can't wait for
/// an action under way: then this service ends, so the whole group shuts down in order, and the program starts again. The start
/// sets a damaged journal aside.
final class Reload: Service {
    private let source: SettingsSource
    private let assembly: Assembly
    private let logger: Logger
    private let deadline: StopDeadline
    private let journal: Journal
    private let isRestarting = Mutex(false)

    /// The minimum time until the next restart after a start that set a journal aside. Repeated damage needs an
    /// operator.
    private static let damagePause = Duration.seconds(60)

    private enum Cause: Sendable {
        case signal
        case damage
    }

    /// - Parameters:
    ///   - source: the source of the settings.
    ///   - assembly: the parts that follow the settings.
    ///   - deadline: the time limit of the shutdown. It starts when this service ends.
    ///   - journal: the journal, which reports damage.
    ///   - logger: receives the errors.
    init(_ source: SettingsSource, _ assembly: Assembly, deadline: StopDeadline, journal: Journal, logger: Logger) {
        self.source = source
        self.assembly = assembly
        self.journal = journal
        self.deadline = deadline
        self.logger = logger
    }

    /// Whether the group has ended so that the program can restart.
    var isRequested: Bool { isRestarting.withLock(\.self) }

    func run() async throws {
        let (causes, continuation) = AsyncStream<Cause>.makeStream()
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                continuation.yield(.signal)
            }
        }
        let damage = Task { [journal] in
            for await _ in journal.damage {
                if journal.setAside != nil {
                    try? await Task.sleep(for: Self.damagePause)
                }
                continuation.yield(.damage)
            }
        }
        let file = Task { [journal] in await journal.watchFile() }
        defer {
            signals.cancel()
            damage.cancel()
            file.cancel()
        }
        for await cause in causes.cancelOnGracefulShutdown() where await mustRestart(cause) {
            isRestarting.withLock { $0 = true }
            deadline.startTimer {
                let error = ProcessImage.replaceWithItself()
                fatalError("the program can't restart itself: \(error)")
            }
            return
        }
        deadline.startTimer { _exit(0) }
    }

    /// Carries out what a cause asks for. Logs the result.
    ///
    /// - Returns: whether the program must restart.
    private func mustRestart(_ cause: Cause) async -> Bool {
        switch cause {
        case .damage:
            let name = journal.damageText ?? "the journal \(journal.path) is damaged"
            do throws(SettingsError) {
                _ = try source.settings()
            } catch {
                logger.error("\(name): the service can't restart: \(error.faults.joined(separator: "; "))")
                return false
            }
            logger.error("\(name): restarting; the rest comes from git and from what the backends run")
            return true
        case .signal:
            let (isSuccessful, mustRestart) = await reload()
            journal.measurements.recordReload(isSuccessful: isSuccessful)
            return mustRestart
        }
    }

    private func reload() async -> (isSuccessful: Bool, mustRestart: Bool) {
        let settings: Settings
        do throws(SettingsError) {
            settings = try source.settings()
        } catch {
            logger.error(
                "SIGHUP: the configuration has faults, and the old one stays in force: \(error.faults.joined(separator: "; "))"
            )
            return (false, false)
        }
        // With another state folder it would start every job again.
        let fixed = await assembly.fixedKeys(changedBy: settings)
        guard fixed.isEmpty else {
            logger.error(
                """
                SIGHUP: \(fixed.joined(separator: " and ")) can't change while the service runs, and the old configuration stays in \
                force; take the change back, or stop the service and start it again
                """
            )
            return (false, false)
        }
        guard await !assembly.isInForce(settings) else {
            logger.notice("SIGHUP: the configuration is as it was")
            return (true, false)
        }
        do throws(StartError) {
            guard try await assembly.change(to: settings) else {
                logger.notice(
                    "SIGHUP: an action takes long; restarting with the new configuration, and the action goes on then"
                )
                return (true, true)
            }
        } catch {
            logger.error("SIGHUP: the new configuration can't be used, and the old one stays in force: \(error)")
            return (false, false)
        }
        for warning in settings.warnings {
            logger.warning("\(warning)")
        }
        logger.notice("SIGHUP: the new configuration is in force")
        return (true, false)
    }
}

/// Ends the process if a shutdown takes too long, for example during a long read.
///
/// Nothing is lost: the journal has all started actions, and the next start continues them, as after a `kill -9`.
final class StopDeadline: Sendable {
    private let timer = Mutex<Task<Void, Never>?>(nil)
    private let time: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - time: the maximum duration of the shutdown, from ``startTimer(_:)``.
    ///   - logger: receives a message if the time is over.
    init(_ time: Duration, logger: Logger) {
        self.time = time
        self.logger = logger
    }

    /// Starts the timer. Later calls have no effect.
    ///
    /// - Parameter end: called when the time is over. It does not return.
    func startTimer(_ end: @escaping @Sendable () -> Never) {
        timer.withLock { timer in
            guard timer == nil else { return }
            timer = Task { [time, logger] in
                guard (try? await Task.sleep(for: time)) != nil else { return }
                logger.notice("the stop does not wait for what is under way: the next start takes it up")
                end()
            }
        }
    }

    /// Stops the timer after a shutdown in time.
    func cancel() {
        timer.withLock { $0?.cancel() }
    }
}
