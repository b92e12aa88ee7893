import Jobs

/// Asks a service which of the jobs of a plan run.
struct RunningJobs {
    let client: ServerClient

    /// So many questions are open at a time.
    private static let width = 8

    /// Since when each of the jobs runs, as RFC 3339 has it; no entry where one doesn't.
    func running(_ keys: [JobKey]) async throws(ServerError) -> [JobKey: String] {
        var running: [JobKey: String] = [:]
        var rest = keys[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.width))
            rest = rest.dropFirst(Self.width)
            let answers = await withTaskGroup(of: (JobKey, Result<JobAnswer?, ServerError>).self) { group in
                for key in batch {
                    group.addTask {
                        do throws(ServerError) {
                            return (key, .success(try await client.job(key)))
                        } catch {
                            return (key, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for (key, answer) in answers {
                guard let job = try answer.get(), Self.phases.contains(job.status.phase) else { continue }
                running[key] = job.status.startTime ?? "just now"
            }
        }
        return running
    }

    private static let phases = [Phase.running, .restarting].map(\.rawValue)
}
