import Jobs
import Platform
import Synchronization

/// Announces that something of a run changed, to the one reader of all runs and to the listeners of single runs.
final class RunChanges: Sendable {
    /// Listens while it is held.
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
            changes.end(run, number)
        }
    }

    /// The changed runs. One consumer.
    let stream: AsyncStream<RunID>
    private let continuation: AsyncStream<RunID>.Continuation
    private let listeners = Mutex<[RunID: Listeners<@Sendable () -> Void>]>([:])

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Announces a change.
    func yield(_ run: RunID) {
        continuation.yield(run)
        let listeners = listeners.withLock { $0[run]?.all ?? [] }
        for listener in listeners {
            listener()
        }
    }

    /// Listens to one run.
    func listen(to run: RunID, _ onChange: @escaping @Sendable () -> Void) -> Subscription {
        let number = listeners.withLock { $0.addListener(onChange, to: run) }
        return Subscription(run: run, number: number, changes: self)
    }

    private func end(_ run: RunID, _ number: UInt64) {
        listeners.withLock { _ = $0.removeListener(number, of: run) }
    }
}
