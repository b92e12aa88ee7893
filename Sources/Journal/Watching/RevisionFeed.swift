import GRDB
import Synchronization

/// Tells of each transaction that changed what readers see of a job.
final class RevisionFeed: TransactionObserver, Sendable {
    private struct State {
        var revision: Int64 = -1
        var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A signal after each such transaction; several may be as one. Many may listen.
    var changes: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// What is changed does not matter: the revision tells.
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    /// Never called, as nothing is observed.
    func databaseDidChange(with event: DatabaseEvent) {}

    /// Called by the writer, after each transaction.
    func databaseDidCommit(_ database: Database) {
        guard let revision = try? Journal.revision(in: database) else { return }
        let listeners = state.withLock { state in
            guard state.revision != revision else { return [AsyncStream<Void>.Continuation]() }
            state.revision = revision
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.yield()
        }
    }

    /// Nothing happened.
    func databaseDidRollback(_ database: Database) {}
}
