import Jobs

/// Asks a service which of the jobs of a plan run.
struct RunningJobs {
    let client: ServerClient

    /// Since when each of the jobs runs, as RFC 3339 has it; no entry where one doesn't.
    func running(_ keys: [JobKey]) async throws(ServerError) -> [JobKey: String] {
        let jobs = try await keys.mapConcurrently { [client] key throws(ServerError) in try await client.job(key) }
        var running: [JobKey: String] = [:]
        for (key, job) in zip(keys, jobs) {
            guard let job, Self.phases.contains(job.status.phase) else { continue }
            running[key] = job.status.startTime ?? "just now"
        }
        return running
    }

    private static let phases = [Phase.running, .restarting].map(\.rawValue)
}
