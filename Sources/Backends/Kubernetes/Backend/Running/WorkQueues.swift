import Jobs

/// Gives callers turns on jobs: one caller at a time for each job, in the order of their calls.
///
/// Invariant: a job has an entry exactly while a caller has the turn.
struct TurnQueue: Sendable {
    private var waiting: [JobKey: [CheckedContinuation<Void, Never>]] = [:]

    /// Takes the turn if nobody has it.
    mutating func takeFreeTurn(on key: JobKey) -> Bool {
        guard waiting[key] == nil else { return false }
        waiting[key] = []
        return true
    }

    /// Adds a caller that waits for the turn, because ``takeFreeTurn(on:)`` returned false.
    mutating func addCaller(_ caller: CheckedContinuation<Void, Never>, to key: JobKey) {
        waiting[key, default: []].append(caller)
    }

    /// Passes the turn to the next caller, or frees it.
    mutating func passTurn(on key: JobKey) {
        guard var callers = waiting[key], !callers.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = callers.removeFirst()
        waiting[key] = callers
        next.resume()
    }
}

/// The runs that need a chore.
///
/// Invariant: a run is queued at most once, from ``enqueueRun(_:)`` to ``finishRun(_:)``.
struct ChoreQueue: Sendable {
    /// The queued runs in order; for one consumer.
    let runs: AsyncStream<RunID>
    private let continuation: AsyncStream<RunID>.Continuation
    private var queued: Set<RunID> = []

    init() {
        (runs, continuation) = AsyncStream.makeStream()
    }

    mutating func enqueueRun(_ id: RunID) {
        if queued.insert(id).inserted {
            continuation.yield(id)
        }
    }

    mutating func finishRun(_ id: RunID) {
        queued.remove(id)
    }
}
