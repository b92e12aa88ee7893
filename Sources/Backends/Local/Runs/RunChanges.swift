import Jobs
import Platform
import Synchronization

/// Announces changes of runs, to the single reader of all changes and to listeners for one run.
final class RunChanges: Sendable {
    /// A listener's registration. It ends when the object is released.
    final class Subscription: Sendable {
        private let run: RunID
        private let number: UInt64
        private let changes: RunChanges

        fileprivate init(run: RunID, number: UInt64, changes: RunChanges) {
            self.run = run
            self.number = number
            self.changes = changes
        }

        deinit {
            changes.removeListener(number, of: run)
        }
    }

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

    /// Calls a function at each change of one run, until the subscription is released.
    func addListener(to run: RunID, _ onChange: @escaping @Sendable () -> Void) -> Subscription {
        let number = listeners.withLock { $0.addListener(onChange, to: run) }
        return Subscription(run: run, number: number, changes: self)
    }

    private func removeListener(_ number: UInt64, of run: RunID) {
        listeners.withLock { _ = $0.removeListener(number, of: run) }
    }
}
