package import Jobs
import Synchronization

/// A backend in memory that does what a test says, and notes each call.
package final class ScriptedBackend: Backend {
    /// A call that was made.
    package enum Call: Sendable, Equatable {
        case start(RunID)
        case stop(RunID)
        case update(RunID)
    }

    private struct State {
        var calls: [Call] = []
        var requests: [RunRequest] = []
        var runs: [RunID: RunObservation] = [:]
        var faults: [String: BackendError] = [:]
        var beforeCall: (@Sendable (Call) async -> Void)?
        var outage: BackendError?
        var refusal: String?
        var looks = 0
    }

    private let state = Mutex(State())
    package let changes: AsyncStream<RunID>
    private let changed: AsyncStream<RunID>.Continuation

    package init() {
        (changes, changed) = AsyncStream.makeStream()
    }

    /// All calls so far, in order.
    package var calls: [Call] { state.withLock { $0.calls } }

    /// What was asked for at each start, in order.
    package var requests: [RunRequest] { state.withLock(\.requests) }

    /// Replicas end at once, or never.
    package let gracePeriod = Duration.zero

    /// The runs that are running.
    package var running: Set<RunID> {
        state.withLock { Set($0.runs.values.filter { $0.status.phase == .running }.map(\.id)) }
    }

    /// Makes every start and stop of a job fail, or work again.
    package func fail(_ id: String, with error: BackendError?) {
        state.withLock { $0.faults[id] = error }
    }

    /// Makes every check of a request fail, or work again.
    package func refuseRequests(_ message: String?) {
        state.withLock { $0.refusal = message }
    }

    /// Announces that something of a run may have changed.
    package func announceChange(of run: RunID) {
        changed.yield(run)
    }

    /// Makes every call fail, or work again, as where the cluster's whole API is away.
    package func beAway(_ message: String?) {
        state.withLock { $0.outage = message.map(BackendError.unavailable) }
    }

    /// How often all runs were asked for.
    package var looks: Int { state.withLock { $0.looks } }

    /// Runs a closure in the middle of each call.
    package func beforeCall(_ body: (@Sendable (Call) async -> Void)?) {
        state.withLock { $0.beforeCall = body }
    }

    /// Forgets a run, as a cluster that was set up anew.
    package func forget(_ run: RunID) {
        state.withLock { $0.runs[run] = nil }
    }

    /// Ends a run as a cluster would, and says so.
    package func finish(_ run: RunID, as phase: Phase) {
        state.withLock { $0.runs[run]?.status.phase = phase }
        changed.yield(run)
    }

    private func note(_ call: Call, _ run: RunID) async throws(BackendError) {
        let body = state.withLock { state in
            state.calls.append(call)
            return state.beforeCall
        }
        await body?(call)
        if let fault = state.withLock({ $0.outage ?? $0.faults[run.key.id] }) {
            throw fault
        }
    }

    package func start(_ request: RunRequest) async throws(BackendError) {
        try await note(.start(request.id), request.id)
        state.withLock { state in
            state.requests.append(request)
            var status = RunStatus(pending: request.job)
            status.phase = .running
            state.runs[request.id] = RunObservation(
                id: request.id,
                job: request.job,
                commit: request.commit,
                runCommit: request.runCommit,
                status: status
            )
        }
        changed.yield(request.id)
    }

    package func checkRequest(_ request: RunRequest) async throws(BackendError) {
        if let refusal = state.withLock(\.refusal) { throw .refused(refusal) }
    }

    package func stop(_ run: RunID) async throws(BackendError) {
        try await note(.stop(run), run)
        state.withLock { state in
            guard state.runs[run]?.status.phase.isFinal == false else { return }
            state.runs[run]?.status.phase = .suspended
        }
        changed.yield(run)
    }

    package func update(_ request: RunRequest) async throws(BackendError) {
        try await note(.update(request.id), request.id)
        state.withLock { state in
            guard let known = state.runs[request.id] else { return }
            state.runs[request.id] = RunObservation(
                id: known.id,
                job: request.job,
                commit: request.commit,
                runCommit: known.runCommit,
                status: known.status
            )
        }
        changed.yield(request.id)
    }

    package func observe() async throws(BackendError) -> [RunObservation] {
        let (outage, runs) = state.withLock { state in
            state.looks += 1
            return (state.outage, Array(state.runs.values))
        }
        if let outage { throw outage }
        return runs
    }

    package func observe(_ run: RunID) async throws(BackendError) -> RunObservation? {
        let (outage, observation) = state.withLock { ($0.outage, $0.runs[run]) }
        if let outage { throw outage }
        return observation
    }
}
