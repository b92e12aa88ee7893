import Hummingbird
import Jobs
import Journal
import SignIn

/// Jobs: one, those of a partition, and how many there are where.
struct JobRoutes {
    let journal: JournalReader
    let documents: JobDocuments
    let hub: WatchHub
    let streams: StreamLimit

    /// One job.
    func job(_ request: Request, _ key: JobKey) async throws -> Response {
        guard let record = try await journal.job(key) else {
            throw Problem.notFound("there is no job \(key); its file would be \(key.path)")
        }
        return try Response(json: JobObject(record), for: request)
    }

    /// A page of a partition's jobs. A partition without any is an empty list: a folder without files is nothing in git.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - cluster: the cluster's id.
    ///   - partition: the partition's.
    ///   - client: whose stream it is, where the list is watched.
    func list(
        _ request: Request,
        cluster: String,
        partition: String,
        client: StreamClient
    ) async throws -> Response {
        let query = try ListQuery(request.uri.query, cluster: cluster, partition: partition)
        guard !query.isWatched else {
            return try await watch(query.jobs, request, client: client)
        }
        return Response(document: try await documents.list(query.jobs, from: journal), for: request)
    }

    private func watch(_ query: JobQuery, _ request: Request, client: StreamClient) async throws -> Response {
        let lastEvent = request.headers.only("Last-Event-ID")
        let stream = WatchStream(
            query: query,
            hub: hub,
            journal: journal,
            mark: try await journal.mark(),
            lastEvent: lastEvent?.isEmpty == true ? nil : lastEvent,
            end: Self.end(of: client)
        )
        let place = try streams.place(for: client)
        return Response(streaming: EventWriter.contentType, to: request, holding: place) { writer in
            try await stream.write(to: &writer)
        }
    }

    /// Whoever is signed in watches to the end of their token, and not longer than ``longestWatch``.
    static func end(of client: StreamClient) -> ContinuousClock.Instant? {
        guard client.isSignedIn else { return nil }
        let end = ContinuousClock.now + longestWatch
        return client.end.map { min($0, end) } ?? end
    }

    /// What somebody was allowed once is not allowed for ever.
    private static let longestWatch = Duration.seconds(1800)

    /// The clusters that are configured or have jobs, each with the jobs that may be read.
    func clusters(_ request: Request, _ permissions: Permissions) async throws -> Response {
        _ = try QueryParameters(request.uri.query, known: [])
        let counts = try await journal.clusters()
        guard !permissions.areUnlimited else { return try list(request, counts.groups.map(CountsObject.init), counts) }
        var clusters: [CountsObject] = []
        for group in counts.groups where permissions.include(cluster: group.id) {
            let partitions = try await journal.partitions(of: group.id).groups.filter {
                permissions.include(cluster: group.id, partition: $0.id)
            }
            clusters.append(CountsObject(sum: partitions, id: group.id))
        }
        return try list(request, clusters, counts)
    }

    /// The partitions of a cluster that have jobs and may be read.
    func partitions(_ request: Request, of cluster: String, _ permissions: Permissions) async throws -> Response {
        _ = try QueryParameters(request.uri.query, known: [])
        let counts = try await journal.partitions(of: cluster)
        let groups = counts.groups.filter { permissions.include(cluster: cluster, partition: $0.id) }
        return try list(request, groups.map(CountsObject.init), counts)
    }

    private func list(_ request: Request, _ objects: [CountsObject], _ counts: JobCounts) throws -> Response {
        try Response(json: ListObject(objects, total: objects.count, commit: counts.head), for: request)
    }
}
