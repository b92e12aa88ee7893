import Glibc
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Waits for SIGHUP: the configuration is to be read again.
///
/// A configuration with faults is reported and changes nothing. With a good one this service ends, and so lets the whole group end
/// in order; the program is then started anew in the same process.
final class Reload: Service {
    private let source: SettingsSource
    private let running: Settings
    private let logger: Logger
    private let deadline: StopDeadline
    private let asked = Mutex(false)

    /// - Parameters:
    ///   - source: where the settings come from.
    ///   - running: those that are in force.
    ///   - deadline: begins when this service is told to end, as the first one, or ends the others.
    ///   - logger: told of faults.
    init(_ source: SettingsSource, running: Settings, deadline: StopDeadline, logger: Logger) {
        self.source = source
        self.running = running
        self.deadline = deadline
        self.logger = logger
    }

    /// Whether the group has ended for the sake of new settings.
    var isAsked: Bool { asked.withLock(\.self) }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(SettingsError) {
                let settings = try source.settings()
                guard settings != running else {
                    logger.notice("SIGHUP: the configuration is as it was")
                    continue
                }
            } catch {
                logger.error("SIGHUP: the configuration has faults, and the old one stays in force:\n\(error)")
                continue
            }
            logger.notice("SIGHUP: starting anew with the new configuration")
            asked.withLock { $0 = true }
            deadline.begin {
                let error = ProcessImage.replaceWithItself()
                fatalError("the program can't be started anew: \(error)")
            }
            return
        }
        deadline.begin { _exit(0) }
    }
}
