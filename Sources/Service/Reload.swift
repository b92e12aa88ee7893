import Glibc
import Journal
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Restarts the program in the same process after SIGHUP with a new configuration, or after damage to the journal.
///
/// A configuration with errors is reported and changes nothing. With a valid one this service ends, so the whole group
/// shuts down in order, and the program starts again. The start sets a damaged journal aside.
final class Reload: Service {
    private let source: SettingsSource
    private let running: Settings
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
    ///   - running: the current settings.
    ///   - deadline: the time limit of the shutdown. It starts when this service ends.
    ///   - journal: the journal, which reports damage.
    ///   - logger: receives the errors.
    init(_ source: SettingsSource, running: Settings, deadline: StopDeadline, journal: Journal, logger: Logger) {
        self.source = source
        self.journal = journal
        self.running = running
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
        defer {
            signals.cancel()
            damage.cancel()
        }
        for await cause in causes.cancelOnGracefulShutdown() where mustRestart(cause) {
            isRestarting.withLock { $0 = true }
            deadline.startTimer {
                let error = ProcessImage.replaceWithItself()
                fatalError("the program can't restart itself: \(error)")
            }
            return
        }
        deadline.startTimer { _exit(0) }
    }

    /// Refuses settings that a running service can't take over: with another state folder it would start every job again.
    ///
    /// - Returns: whether there are any. They are logged, and the old configuration stays in force.
    private func refuseMoves(to settings: Settings) -> Bool {
        var moves: [String] = []
        if settings.state != running.state { moves.append("state") }
        if settings.listen != running.listen { moves.append("listen") }
        if settings.installation != running.installation { moves.append("installation") }
        guard !moves.isEmpty else { return false }
        journal.measurements.recordReload(isSuccessful: false)
        logger.error(
            """
            SIGHUP: \(moves.joined(separator: " and ")) can't change while the service runs, and the old configuration stays in \
            force; take the change back, or stop the service and start it again
            """
        )
        return true
    }

    /// Whether the program must restart. Logs the decision.
    private func mustRestart(_ cause: Cause) -> Bool {
        let name =
            switch cause {
            case .signal: "SIGHUP"
            case .damage: journal.damageText ?? "the journal \(journal.path) is damaged"
            }
        do throws(SettingsError) {
            let settings = try source.settings()
            guard cause == .damage || !refuseMoves(to: settings) else { return false }
            journal.measurements.recordReload(isSuccessful: true)
            guard cause == .damage || settings != running else {
                logger.notice("SIGHUP: the configuration is as it was")
                return false
            }
        } catch {
            journal.measurements.recordReload(isSuccessful: false)
            logger.error(
                "\(name): the configuration has faults, and the old one stays in force: \(error.faults.joined(separator: "; "))"
            )
            return false
        }
        switch cause {
        case .signal: logger.notice("SIGHUP: restarting with the new configuration")
        case .damage: logger.error("\(name): restarting; the rest comes from git and from what the backends run")
        }
        return true
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
