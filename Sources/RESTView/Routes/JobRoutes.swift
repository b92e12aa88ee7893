import Hummingbird
import Jobs
import Journal

/// Jobs: one, those of a partition, and how many there are where.
struct JobRoutes {
    let journal: JournalReader

    /// One job.
    func job(_ request: Request, _ key: JobKey) async throws -> Response {
        guard let record = try await journal.job(key) else {
            throw Problem.notFound("there is no job \(key); its file would be \(key.path)")
        }
        return try Response(json: JobObject(record), for: request)
    }

    /// A page of a partition's jobs. A partition without any is an empty list: a folder without files is nothing in git.
    func list(_ request: Request, cluster: String, partition: String) async throws -> Response {
        let query = try ListQuery.read(request.uri.query, cluster: cluster, partition: partition)
        let page = try await journal.jobs(query)
        return try Response(
            json: ListObject(
                page.jobs.map(JobObject.init),
                total: page.total,
                commit: page.head,
                next: try page.next.map(ContinueToken.text)
            ),
            for: request
        )
    }

    /// The clusters that are configured or have jobs.
    func clusters(_ request: Request) async throws -> Response {
        _ = try QueryParameters(request.uri.query, known: [])
        return try list(request, try await journal.clusters())
    }

    /// The partitions of a cluster that have jobs.
    func partitions(_ request: Request, of cluster: String) async throws -> Response {
        _ = try QueryParameters(request.uri.query, known: [])
        return try list(request, try await journal.partitions(of: cluster))
    }

    private func list(_ request: Request, _ counts: JobCounts) throws -> Response {
        try Response(
            json: ListObject(counts.groups.map(CountsObject.init), total: counts.groups.count, commit: counts.head),
            for: request
        )
    }
}
