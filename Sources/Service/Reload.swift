import Glibc
import Journal
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Waits for SIGHUP, by which the configuration is to be read again, and for damage in the journal.
///
/// A configuration with faults is reported and changes nothing. With a good one this service ends, and so lets the whole group end
/// in order; the program is then started anew in the same process. So it does where the journal is damaged: the start sets it aside.
final class Reload: Service {
    private let source: SettingsSource
    private let running: Settings
    private let logger: Logger
    private let deadline: StopDeadline
    private let journal: Journal
    private let asked = Mutex(false)

    /// How soon after a start that set a journal aside the next one may be: what damages each has to be mended by somebody.
    private static let damagePause = Duration.seconds(60)

    private enum Cause: Sendable {
        case signal
        case damage
    }

    /// - Parameters:
    ///   - source: where the settings come from.
    ///   - running: those that are in force.
    ///   - deadline: begins when this service is told to end, as the first one, or ends the others.
    ///   - journal: tells of damage.
    ///   - logger: told of faults.
    init(_ source: SettingsSource, running: Settings, deadline: StopDeadline, journal: Journal, logger: Logger) {
        self.source = source
        self.journal = journal
        self.running = running
        self.deadline = deadline
        self.logger = logger
    }

    /// Whether the group has ended for the sake of new settings.
    var isAsked: Bool { asked.withLock(\.self) }

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
        for await cause in causes.cancelOnGracefulShutdown() where isReason(cause) {
            asked.withLock { $0 = true }
            deadline.begin {
                let error = ProcessImage.replaceWithItself()
                fatalError("the program can't be started anew: \(error)")
            }
            return
        }
        deadline.begin { _exit(0) }
    }

    /// Whether to start anew; says so, or why not.
    private func isReason(_ cause: Cause) -> Bool {
        let name =
            switch cause {
            case .signal: "SIGHUP"
            case .damage: "the journal \(journal.path) is damaged"
            }
        do throws(SettingsError) {
            let settings = try source.settings()
            guard cause == .damage || settings != running else {
                logger.notice("SIGHUP: the configuration is as it was")
                return false
            }
        } catch {
            logger.error(
                "\(name): the configuration has faults, and the old one stays in force: \(error.faults.joined(separator: "; "))"
            )
            return false
        }
        switch cause {
        case .signal: logger.notice("SIGHUP: starting anew with the new configuration")
        case .damage: logger.error("\(name): starting anew without it, from git and from what runs")
        }
        return true
    }
}

/// Ends the process where a stop would take longer than it may, in the middle of a long read say.
///
/// Nothing is lost by that: what is begun stands in the journal and is taken up at the next start, as after a `kill -9`.
final class StopDeadline: Sendable {
    private let timer = Mutex<Task<Void, Never>?>(nil)
    private let time: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - time: how long a stop may take, from ``begin(_:)``.
    ///   - logger: told where it takes longer.
    init(_ time: Duration, logger: Logger) {
        self.time = time
        self.logger = logger
    }

    /// Starts the clock, once.
    ///
    /// - Parameter end: what to do when the time is up; it does not return.
    func begin(_ end: @escaping @Sendable () -> Never) {
        timer.withLock { timer in
            guard timer == nil else { return }
            timer = Task { [time, logger] in
                guard (try? await Task.sleep(for: time)) != nil else { return }
                logger.notice("the stop does not wait for what is under way: the next start takes it up")
                end()
            }
        }
    }

    /// Stops the clock: all has ended in order.
    func cancel() {
        timer.withLock { $0?.cancel() }
    }
}
