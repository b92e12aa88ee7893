import Jobs
import Journal
import Logging

extension Reconciler {
    /// Holds the journal against the backends, as after a crash of either.
    ///
    /// A run that the journal does not know is taken over: the journal was lost, or the service was killed between a start and
    /// the note of it. A run that the backend does not know any more is started again, unless it had finished.
    func compareRuns() async throws {
        var known: Set<RunID> = []
        var asked: Set<Int> = []
        for (index, backend) in clusters.backends.enumerated() {
            do {
                for observation in try await backend.observe() {
                    known.insert(observation.id)
                    if try await journal.adopt(observation) {
                        logger.notice("run taken over", metadata: ["run": "\(observation.id)"])
                    } else {
                        try await journal.observe(observation.id, observation.status)
                    }
                }
                asked.insert(index)
            } catch let error as BackendError {
                logger.warning("a backend can't be asked", metadata: ["error": "\(error.message)"])
            }
        }
        let missing = try await journal.missRuns(
            of: { [clusters, asked] in clusters.index(of: $0).map(asked.contains) ?? false },
            known: known
        )
        for run in missing {
            logger.warning("a run vanished and is started again", metadata: ["run": "\(run)"])
        }
    }

    /// Notes what changes on a backend until the stream ends.
    func follow(_ backend: any Backend) async {
        for await run in backend.changes {
            do {
                try await note(run, of: backend)
            } catch {
                logger.error("an observation can't be written", metadata: ["run": "\(run)", "error": "\(error)"])
            }
        }
    }

    /// Notes what a backend says of a run now.
    ///
    /// One note of a run is written at a time, and another follows where one was asked for meanwhile: two at once could
    /// write what was read first last.
    func note(_ run: RunID, of backend: any Backend) async throws {
        guard noting.insert(run).inserted else {
            askedAgain.insert(run)
            return
        }
        defer { noting.remove(run) }
        repeat {
            askedAgain.remove(run)
            guard let observation = try await backend.observe(run) else { return }
            try await journal.observe(run, observation.status)
            if observation.status.phase.isFinal {
                release(whatWaitsFor: run.key)
            }
        } while askedAgain.contains(run)
    }
}
