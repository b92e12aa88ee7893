import Foundation
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

/// When runs need a look although nothing signals a change: an end waits for its pods, a time-to-live passes, an attempt is repeated.
///
/// Invariant: ``earliest`` is not later than any entry, and ``pause`` never lasts beyond it, so an idle cluster costs nothing,
/// however many runs it has.
struct Agenda: Sendable {
    private var times: [RunID: Date] = [:]
    private(set) var earliest = Date.distantFuture
    /// The wait for the next check of the agenda; nil during a check.
    var pause: Task<Void, Never>?

    /// Adds a look at a run; the earlier of two counts.
    mutating func scheduleLook(at id: RunID, time: Date) {
        times[id] = min(times[id] ?? .distantFuture, time)
        guard time < earliest else { return }
        earliest = time
        pause?.cancel()
    }

    /// Removes the runs whose time has come.
    mutating func takeDueRuns(now: Date) -> [RunID] {
        guard earliest <= now else { return [] }
        let due = times.filter { $0.value <= now }.map(\.key)
        due.forEach { times[$0] = nil }
        earliest = times.values.min() ?? .distantFuture
        return due
    }
}

extension RunView {
    /// The next time at which the run may need something without an event; nil if only an event can change it.
    ///
    /// - Parameters:
    ///   - delivered: when a caller first observed the run's end.
    ///   - ended: when the end of Indexed Jobs was first seen.
    ///   - timing: the durations of the backend.
    ///   - now: the time.
    func nextLook(delivered: Date?, ended: Date?, _ timing: KubernetesBackend.Timing, now: Date) -> Date? {
        guard let anchor, let job else { return nil }
        var times: [Date] = []
        if let end = outcome(anchor, job, replicas(of: job)), result == nil {
            // The server's times are whole seconds.
            times += [Self.settlingTime, Self.peerTime].map { end.time + $0 + 0.01 }
            times += [restartTime(now: now)].compactMap(\.self)
        }
        if let ended, result == nil {
            times.append(ended + timing.settling / .seconds(1) + 0.01)
        }
        if let delivered {
            times.append(delivered + timing.delivery / .seconds(1) + 0.01)
        }
        if let result, let seconds = job.effectiveRunPolicy.ttlSecondsAfterFinished, let end = result.completionTime {
            times.append(end + TimeInterval(seconds) + 0.01)
        }
        return times.filter { $0 > now }.min()
    }
}
