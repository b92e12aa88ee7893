public import Jobs

extension KubernetesBackend: LogSource {
    /// Lists the runs whose pods are on the cluster: their logs go with them.
    public func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        store.runs.values.filter { $0.id.key == job && $0.anchor != nil }
            .sorted { $0.id.number < $1.id.number }
            .compactMap { run in
                run.job.map { job in
                    LoggedRun(number: run.id.number, replicas: RunStatus(pending: job).replicas.map(\.name))
                }
            }
    }

    /// Opens the log of a replica's newest pod. One that has no pod yet, or whose script has not begun, has an empty log.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> LogStream? {
        guard let job = store.runs[run]?.job,
            RunStatus(pending: job).replicas.contains(where: { $0.name == replica })
        else { return nil }
        let reader = PodLogReader(backend: self, run: run, replica: replica, extent: extent)
        try await reader.begin()
        return LogStream { try await reader.next() }
    }

    /// The newest pod of a replica; nil where it has none.
    func newestPod(of run: RunID, replica: String) -> PodObject? {
        store.runs[run]?.pod(of: replica)
    }

    /// Whether a run may still get pods.
    func isOpen(_ run: RunID) -> Bool {
        store.runs[run]?.status?.phase.isFinal == false
    }
}
