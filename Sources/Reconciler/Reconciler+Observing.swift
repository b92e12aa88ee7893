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
            let isKnown = try await write(run, of: clusters.backends[index])
            // One that tells of a run again is back.
            if !isKnown || health[index].outage != nil {
                lookAgain(at: index)
            }
        } catch {
            logger.warning("an observation can't be noted", metadata: ["run": "\(run)", "error": "\(error)"])
            lookAgain(at: index)
        }
    }

    /// One note of a run is written at a time, and another follows where one was asked for meanwhile: two at once could
    /// write what was read first last.
    ///
    /// - Returns: false where the backend does not know the run, and nothing that is under way says why; also where its cluster
    ///   does not say how the run is, so that the cluster itself is asked, and `ping` tells.
    @discardableResult
    func write(_ run: RunID, of backend: any Backend) async throws -> Bool {
        guard noting.insert(run).inserted else {
            askedAgain.insert(run)
            return true
        }
        defer { noting.remove(run) }
        var isKnown = true
        repeat {
            askedAgain.remove(run)
            guard let observation = try await backend.observe(run) else {
                // Where nobody here is at work on it, somebody took it away: it is started again if it had not ended.
                return underWay[run.key] != nil
            }
            try await journal.observe(run, observation.status)
            isKnown = observation.status.phase != .unknown
            if observation.status.phase.isFinal {
                release(whatWaitsFor: run.key)
            }
        } while askedAgain.contains(run)
        return isKnown
    }

}
