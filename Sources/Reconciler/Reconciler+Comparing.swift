import Jobs
import Journal
import Logging

extension Reconciler {
    /// In seconds: how long a backend that is back may go unnoticed. All of its jobs wait for that.
    private static let longestOutagePause = 30.0

    /// Holds the journal against what a backend has: at the start, after an outage, and every now and then. Each backend has a loop
    /// of its own, so that one that is away keeps no other waiting.
    func compareRuns(of index: Int) async {
        var backoff = Backoff(longest: Self.longestOutagePause)
        looks[index].continuation.yield()
        for await _ in looks[index].stream {
            let isDone = await compare(index)
            let pause = isDone ? settings.comparison : backoff.failed(jitter: Double.random(in: 0...1))
            if isDone {
                backoff = Backoff(longest: Self.longestOutagePause)
            }
            nextLooks[index]?.cancel()
            nextLooks[index] = Task {
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                self.looks[index].continuation.yield()
            }
        }
        nextLooks[index]?.cancel()
    }

    /// Compares once.
    ///
    /// A run that the journal does not know is taken over: the journal was lost, or the service was killed between a start and
    /// the note of it. A run that the backend does not know any more is started again, unless it had finished.
    ///
    /// - Returns: whether that was possible.
    private func compare(_ index: Int) async -> Bool {
        do {
            // Before the backend is asked: what is begun later can't be missed.
            let open = try await journal.openRuns { [clusters] in clusters.index(of: $0) == index }
            let observations = try await observe(index)
            try await takeOver(observations, index)
            try await miss(open, observations, index)
            try await noteAnswer(of: index)
            return true
        } catch let error as BackendError {
            noteOutage(of: index, error.message)
        } catch {
            logger.error("runs can't be compared", metadata: ["error": "\(error)"])
        }
        wake()
        return false
    }

    private func observe(_ index: Int) async throws -> [RunObservation] {
        try await clusters.backends[index].observe().filter { observation in
            let served = clusters.index(of: observation.id.key.cluster)
            return served == nil || served == index
        }
    }

    private func takeOver(_ observations: [RunObservation], _ index: Int) async throws {
        let comparison = try await journal.compare(observations)
        for observation in comparison.unknown where underWay[observation.id.key] == nil {
            guard try await journal.adopt(observation) else { continue }
            hasAdopted = true
            logger.notice("run taken over", metadata: ["run": "\(observation.id)"])
        }
        // Each is asked for again: what was listed may be old by now.
        for run in comparison.changed + comparison.unknown.map(\.id) {
            try await write(run, of: clusters.backends[index])
        }
    }

    private func miss(_ open: [RunID], _ observations: [RunObservation], _ index: Int) async throws {
        let known = Set(observations.map(\.id))
        var missing: [RunID] = []
        for run in open where !known.contains(run) && underWay[run.key] == nil {
            if try await clusters.backends[index].observe(run) == nil {
                missing.append(run)
            }
        }
        guard !missing.isEmpty else { return }
        for run in missing {
            logger.warning("a run vanished and is started again", metadata: ["run": "\(run)"])
        }
        try await journal.miss(missing)
    }

    private func noteAnswer(of index: Int) async throws {
        let wasAway = !health[index].isCompared
        if wasAway {
            for cluster in try await journal.dirtyClusters() where clusters.index(of: cluster) == index {
                try await journal.letGo(of: cluster)
            }
            for key in resting where clusters.index(of: key.cluster) == index {
                resting.remove(key)
                backoffs[key] = nil
            }
        }
        if health[index].outage != nil {
            logger.notice("a backend answers again", metadata: ["clusters": "\(names(of: index))"])
        }
        health[index].isCompared = true
        health[index].outage = nil
        wake()
    }

    private func noteOutage(of index: Int, _ message: String) {
        if health[index].outage != message {
            logger.warning(
                "a backend can't be asked",
                metadata: ["clusters": "\(names(of: index))", "error": "\(message)"]
            )
        }
        health[index].isCompared = false
        health[index].outage = message
    }

    private func names(of index: Int) -> String {
        let names = clusters.members.filter { $0.value.backend == index }.keys.sorted()
        return names.isEmpty ? "all" : names.joined(separator: ", ")
    }

    /// Has a backend's runs compared soon: something of it could not be read or written.
    func lookAgain(at index: Int?) {
        guard let index else { return }
        looks[index].continuation.yield()
    }
}
