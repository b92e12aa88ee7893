import Jobs
import Platform
import Synchronization

/// Announces changes of runs, to the reader of all changes and to listeners for one run.
final class RunChanges: Sendable {
    private let announcements = RunAnnouncements()
    private let listeners = Mutex<[RunID: Listeners<@Sendable () -> Void>]>([:])

    /// See ``RunAnnouncements/stream``.
    var stream: AsyncStream<RunID> { announcements.stream }

    /// Announces a change of a run.
    func yield(_ run: RunID) {
        announcements.yield(run)
        let listeners = listeners.withLock { $0[run]?.all ?? [] }
        for listener in listeners {
            listener()
        }
    }

    /// Calls a function at each change of one run, until the registration is released.
    func addListener(to run: RunID, _ onChange: @escaping @Sendable () -> Void) -> Registration {
        let number = listeners.withLock { $0.addListener(onChange, to: run) }
        return Registration { [self] in listeners.withLock { _ = $0.removeListener(number, of: run) } }
    }
}
