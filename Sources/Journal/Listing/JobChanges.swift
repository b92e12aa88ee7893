import GRDB
import Platform
import Synchronization

/// A job after a change.
public struct JobChange: Sendable {
    /// The job; it is gone if it is not shown any more.
    public let record: JobRecord
    /// The number of the change.
    public let revision: Int64
    /// The number of the change that last made the job visible.
    public let born: Int64
}

/// Consecutive changes, at one moment.
public struct JobChanges: Sendable {
    /// The changes by revision; of each job only the newest.
    public let changes: [JobChange]
    /// All changes up to this number are included.
    public let revision: Int64
    /// Whether there are later changes.
    public let hasMore: Bool
}

/// A point in the life of a journal.
public struct JournalMark: Sendable, Equatable {
    /// The name of the journal; a new file gets another name.
    public let journal: String
    /// The newest change.
    public let revision: Int64
}

/// Signals each transaction that changed what readers see of a job.
final class RevisionFeed: TransactionObserver, Sendable {
    private struct State {
        var revision: Int64 = -1
        var listeners = Listeners<AsyncStream<Void>.Continuation>()
    }

    private let state = Mutex(State())

    /// A signal after each such transaction; several may be merged. Each call adds a listener.
    var changes: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { $0.listeners.add(continuation) }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners.remove(number) }
        }
        return stream
    }

    /// Observes no single change: the revision says whether there was one.
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

    /// Never called, because nothing is observed.
    func databaseDidChange(with event: DatabaseEvent) {}

    /// Called by the writer after each transaction.
    func databaseDidCommit(_ database: Database) {
        guard let revision = try? Journal.revision(in: database) else { return }
        let listeners = state.withLock { state in
            guard state.revision != revision else { return [AsyncStream<Void>.Continuation]() }
            state.revision = revision
            return state.listeners.all
        }
        for listener in listeners {
            listener.yield()
        }
    }

    /// Does nothing: nothing changed.
    func databaseDidRollback(_ database: Database) {}
}
