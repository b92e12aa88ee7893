import Jobs
import Synchronization

/// Tells that something of a run changed: the one reader of all runs, and whoever waits for one of them.
final class RunChanges: Sendable {
    /// Listens as long as it is held.
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

    private struct State {
        var listeners: [RunID: [UInt64: @Sendable () -> Void]] = [:]
        var next: UInt64 = 0
    }

    /// For the one reader.
    let stream: AsyncStream<RunID>
    private let continuation: AsyncStream<RunID>.Continuation
    private let state = Mutex(State())

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Tells of a change.
    func yield(_ run: RunID) {
        continuation.yield(run)
        let listeners = state.withLock { $0.listeners[run].map { Array($0.values) } ?? [] }
        for listener in listeners {
            listener()
        }
    }

    /// Listens to one run.
    func listen(to run: RunID, _ onChange: @escaping @Sendable () -> Void) -> Subscription {
        state.withLock { state in
            state.next += 1
            state.listeners[run, default: [:]][state.next] = onChange
            return Subscription(run: run, number: state.next, changes: self)
        }
    }

    private func end(_ run: RunID, _ number: UInt64) {
        state.withLock { state in
            state.listeners[run]?[number] = nil
            if state.listeners[run]?.isEmpty == true {
                state.listeners[run] = nil
            }
        }
    }
}
