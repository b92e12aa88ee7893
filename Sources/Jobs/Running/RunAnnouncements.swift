import Synchronization

/// Passes the names of runs from a backend to its one consumer at a time.
public final class RunAnnouncements: Sendable {
    private struct State {
        var stream: AsyncStream<RunID>
        var continuation: AsyncStream<RunID>.Continuation
        var isTaken = false

        init() {
            (stream, continuation) = AsyncStream.makeStream()
        }
    }

    private let state = Mutex(State())

    /// Keeps what is announced before the first consumer comes.
    public init() {}

    /// The names for a new consumer. The first one gets all names since the beginning; each later one gets those from
    /// now on, and the stream of the consumer before it ends.
    public var stream: AsyncStream<RunID> {
        state.withLock { state in
            if state.isTaken {
                state.continuation.finish()
                state = State()
            }
            state.isTaken = true
            return state.stream
        }
    }

    /// Announces a run.
    public func yield(_ run: RunID) {
        state.withLock(\.continuation).yield(run)
    }
}
