import Jobs
import Journal
import Logging

extension Reconciler {
    /// Notes what changes on a backend until the stream ends.
    func follow(_ index: Int) async {
        for await run in clusters.backends[index].changes {
            await note(run, of: index)
        }
    }

    /// Notes what a backend says of a run now; where that can't be done, all of its runs are compared later.
    func note(_ run: RunID, of index: Int) async {
        do {
            try await write(run, of: clusters.backends[index])
        } catch {
            logger.warning("an observation can't be noted", metadata: ["run": "\(run)", "error": "\(error)"])
            lookAgain(at: index)
        }
    }

    /// One note of a run is written at a time, and another follows where one was asked for meanwhile: two at once could
    /// write what was read first last.
    func write(_ run: RunID, of backend: any Backend) async throws {
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
