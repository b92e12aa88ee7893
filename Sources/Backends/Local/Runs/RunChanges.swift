import Jobs
import Platform
import Synchronization

/// Announces changes of runs, to the single reader of all changes and to listeners for one run.
final class RunChanges: Sendable {
    /// The changes of all runs, for one reader.
    let stream: AsyncStream<RunID>
    private let continuation: AsyncStream<RunID>.Continuation
    private let listeners = Mutex<[RunID: Listeners<@Sendable () -> Void>]>([:])

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Announces a change of a run.
    func yield(_ run: RunID) {
        continuation.yield(run)
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
