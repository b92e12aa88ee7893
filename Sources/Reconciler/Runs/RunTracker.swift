import Jobs
import Journal
import Logging

/// Observes the runs of one backend, and writes what it sees into the journal.
///
/// Nothing begins on the backend before its runs were compared with the journal's since it was last unreachable. Of one run, at
/// most one observation is written at a time: two at once could write the older one last.
actor RunTracker {
    /// What all trackers share.
    struct Surroundings: Sendable {
        let journal: Journal
        let board: WorkBoard
        let reader: CommitReader
        let wake: Signal
        let logger: Logger
    }

    nonisolated let backend: any Backend
    private let clusters: Clusters
    /// The backend's index in the clusters.
    private let index: Int
    /// How often to compare while the backend answers, see ``pause(afterComparing:_:)``.
    private let interval: Duration
    /// The least time between two tries of a refused action.
    private let refusalDelay: Duration
    private let shared: Surroundings
    private let comparisons = Signal()
    private var nextComparison: Task<Void, Never>?
    private var recording = RecordingTurns()
    private(set) var health = BackendHealth()
    /// Since when the backend does not answer; nil while it does.
    private var outageStart: ContinuousClock.Instant?

    init(
        _ clusters: Clusters,
        index: Int,
        interval: Duration,
        refusalDelay: Duration,
        _ shared: Surroundings
    ) {
        backend = clusters.backends[index]
        self.clusters = clusters
        self.index = index
        self.interval = interval
        self.refusalDelay = refusalDelay
        self.shared = shared
    }

    private func serves(_ cluster: String) -> Bool { clusters.index(of: cluster) == index }

    /// Whether an observation is being written.
    var isRecording: Bool { !recording.isEmpty }

    /// Records whether the backend could carry out an action, and compares its runs if it could not.
    func recordOutcome(_ outcome: Outcome, of key: JobKey) {
        if case .postponed(let message) = outcome {
            health.postponed[key] = message
            comparisons.send()
        } else {
            health.postponed[key] = nil
        }
    }

    /// Forgets why the last action of a job was postponed: nothing is left to do for it.
    func clearFault(of key: JobKey) {
        health.postponed[key] = nil
    }
}

// MARK: - Single runs

extension RunTracker {
    /// Records the runs that the backend announces, until its stream ends.
    func followChanges() async {
        for await run in backend.changes {
            await record(run)
            if shared.board.restsForRefusal(run.key) {
                endRest(of: run.key)
            }
        }
    }

    /// Tries a refused action again soon: the backend says that the cause may be gone.
    private func endRest(of key: JobKey) {
        Task {
            try? await Task.sleep(for: refusalDelay)
            shared.board.endRest(of: key)
            shared.wake.send()
        }
    }

    /// Writes the current observation of a run. If that fails, all runs are compared soon.
    func record(_ run: RunID) async {
        do {
            let isKnown = try await writeObservation(of: run)
            // A backend that announces a run again is back.
            if !isKnown || health.outage != nil {
                comparisons.send()
            }
        } catch is BackendError {
            // The comparison reports that the backend can't be asked.
            comparisons.send()
        } catch {
            shared.logger.warning(
                "an observation can't be written",
                metadata: ["run": "\(run)", "error": "\(error)"]
            )
            comparisons.send()
        }
    }

    /// Writes the current observation of a run, and once more if the run changes meanwhile.
    ///
    /// - Returns: false if the backend does not know an open run although no action is under way on it, or if the backend does not
    ///   know how the run is. Then the cluster itself is asked.
    @discardableResult
    private func writeObservation(of run: RunID) async throws -> Bool {
        guard recording.begin(run) else { return true }
        defer { recording.end(run) }
        var isKnown = true
        repeat {
            recording.beginTurn(run)
            guard let observation = try await backend.observe(run) else {
                if shared.board.isUnderWay(run.key) { return true }
                // Without an action of ours, somebody removed it: it is started again if it had not ended. To compare all runs
                // after each delete would cost more, the more there are. A run without a number stands for all.
                guard run.number > 0 else { return false }
                return try await !shared.journal.isOpen(run)
            }
            try await shared.journal.observe(run, observation.status, observation.environment)
            isKnown = observation.status.phase != .unknown
            if observation.status.phase.isFinal, shared.board.endWaits(for: run.key) {
                shared.wake.send()
            }
        } while recording.isRequestedAgain(run)
        return isKnown
    }
}

// MARK: - All runs

extension RunTracker {
    /// How long a backend that is back may go unnoticed. All of its jobs wait for that.
    private static let longestOutagePause = Duration.seconds(30)
    /// How many runs are compared at each interval. More are compared less often, so that they cost no larger share of the time.
    private static let mostAtEachInterval = 2_000

    /// How long after a comparison of some runs the next one is.
    static func pause(afterComparing count: Int, _ interval: Duration) -> Duration {
        interval * max(1, count / mostAtEachInterval)
    }

    /// Compares the journal with the backend's runs: at the start, after an outage, and at each interval.
    func compareRuns() async {
        var backoff = Backoff(longest: Self.longestOutagePause)
        comparisons.send()
        for await _ in comparisons.requests {
            let count = await compareOnce()
            let pause =
                count.map { Self.pause(afterComparing: $0, interval) }
                ?? backoff.nextDelay(jitter: Double.random(in: 0...1))
            if count != nil {
                backoff = Backoff(longest: Self.longestOutagePause)
            }
            nextComparison?.cancel()
            nextComparison = Task {
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                comparisons.send()
            }
        }
        nextComparison?.cancel()
    }

    /// Adopts runs that the journal does not know, and replans jobs whose open run the backend does not know.
    ///
    /// A run is unknown to the journal if the journal was lost, or if the service was killed between a start and its outcome.
    ///
    /// - Returns: how many runs the backend has; nil if the backend or the journal did not answer.
    private func compareOnce() async -> Int? {
        do {
            // Before the backend is asked: a run that begins later can't be missed.
            let open = try await shared.journal.openRuns { [clusters, index] in clusters.index(of: $0) == index }
            let observations = try await backend.observe().filter { observation in
                // A run of a cluster that is not configured any more stays with the backend that has it.
                clusters.index(of: observation.id.key.cluster).map { $0 == index } ?? true
            }
            try await adopt(observations)
            try await replanMissing(open, observations)
            try await recordAnswer()
            return observations.count
        } catch let error as BackendError {
            recordOutage(error.message)
        } catch {
            shared.logger.error("runs can't be compared", metadata: ["error": "\(error)"])
        }
        shared.wake.send()
        return nil
    }

    private func adopt(_ observations: [RunObservation]) async throws {
        let comparison = try await shared.journal.compare(observations)
        // Of several runs of a job, the newest is in force at the end.
        let unknown = comparison.unknown.sorted { $0.id.number < $1.id.number }
        for observation in unknown where !shared.board.isUnderWay(observation.id.key) {
            guard try await shared.journal.adopt(observation) else { continue }
            await shared.reader.expectOrphans()
            shared.logger.notice("run adopted", metadata: ["run": "\(observation.id)"])
        }
        // Each is observed again: the list may be old by now.
        for run in comparison.changed + comparison.unknown.map(\.id) {
            try await writeObservation(of: run)
        }
    }

    private func replanMissing(_ open: [RunID], _ observations: [RunObservation]) async throws {
        let known = Set(observations.map(\.id))
        var missing: [RunID] = []
        for run in open where !known.contains(run) && !shared.board.isUnderWay(run.key) {
            if try await backend.observe(run) == nil {
                missing.append(run)
            }
        }
        guard !missing.isEmpty else { return }
        for run in missing {
            shared.logger.warning("a run vanished and is started again", metadata: ["run": "\(run)"])
        }
        try await shared.journal.replanMissing(missing)
    }

    private func recordAnswer() async throws {
        if !health.isCompared {
            for cluster in try await shared.journal.dirtyClusters() where serves(cluster) {
                try await shared.journal.releasePostponed(on: cluster)
            }
            shared.board.endRests { serves($0) }
        }
        if health.outage != nil {
            let after = outageStart.map(Recovery.text(since:)) ?? ""
            shared.logger.notice(
                "a backend answers again",
                metadata: ["clusters": "\(clusters.names(of: index))", "after": "\(after)"]
            )
        }
        outageStart = nil
        health.isCompared = true
        health.outage = nil
        shared.wake.send()
    }

    private func recordOutage(_ message: String) {
        if health.outage != message {
            shared.logger.warning(
                "a backend can't be asked",
                metadata: ["clusters": "\(clusters.names(of: index))", "error": "\(message)"]
            )
        }
        outageStart = outageStart ?? .now
        health.isCompared = false
        health.outage = message
    }
}

/// The runs of which an observation is being written.
private struct RecordingTurns {
    private var runs: Set<RunID> = []
    /// Of these, the runs that changed meanwhile.
    private var requestedAgain: Set<RunID> = []

    var isEmpty: Bool { runs.isEmpty }

    /// Begins to write a run, or requests one more turn of whoever writes it.
    ///
    /// - Returns: whether the caller is to write.
    mutating func begin(_ run: RunID) -> Bool {
        guard runs.insert(run).inserted else {
            requestedAgain.insert(run)
            return false
        }
        return true
    }

    mutating func beginTurn(_ run: RunID) { requestedAgain.remove(run) }

    func isRequestedAgain(_ run: RunID) -> Bool { requestedAgain.contains(run) }

    mutating func end(_ run: RunID) { runs.remove(run) }
}
