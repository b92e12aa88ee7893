/// The logs of several clusters.
public struct LogSources: LogSource {
    private let members: [String: any LogSource]
    private let fallback: (any LogSource)?

    /// Takes the source of each cluster.
    ///
    /// - Parameters:
    ///   - members: by cluster id.
    ///   - fallback: has the logs of every other cluster; nil where there are none.
    public init(members: [String: any LogSource] = [:], fallback: (any LogSource)? = nil) {
        self.members = members
        self.fallback = fallback
    }

    private func source(of job: JobKey) -> (any LogSource)? { members[job.cluster] ?? fallback }

    /// Asks the job's cluster.
    public func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        guard let source = source(of: job) else { return [] }
        return try await source.loggedRuns(of: job)
    }

    /// Asks the job's cluster.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> LogStream? {
        guard let source = source(of: run.key) else { return nil }
        return try await source.log(of: run, replica: replica, extent)
    }
}
