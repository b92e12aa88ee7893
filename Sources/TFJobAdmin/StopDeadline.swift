import Glibc
import Logging
import Synchronization

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
