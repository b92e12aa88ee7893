import Foundation
import Hummingbird
import Jobs
import Journal
import SignIn

/// Answers about jobs: one job, the jobs of a partition, and their numbers by cluster and partition.
struct JobRoutes {
    let journal: JournalReader
    let documents: JobDocuments
    let hub: WatchHub
    let streams: StreamLimit

    /// One job.
    func showJob(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        guard let record = try await journal.job(key) else {
            throw Problem.notFound("there is no job \(key); its file would be \(key.path)")
        }
        return try Response(json: JobObject(record), for: call.request)
    }

    /// A page of a partition's jobs. A partition without jobs is an empty list, because git stores no empty folder.
    func listJobs(_ call: Call) async throws -> Response {
        let (cluster, partition) = (call.parameters.cluster, call.parameters.partition)
        let query = try ListQuery(call.request.uri.query, cluster: cluster, partition: partition)
        guard !query.isWatched else { return try await watchJobs(query.jobs, call) }
        return Response(document: try await documents.list(query.jobs, from: journal), for: call.request)
    }

    private func watchJobs(_ query: JobQuery, _ call: Call) async throws -> Response {
        let lastEvent = call.request.headers.only("Last-Event-ID")
        let stream = WatchStream(
            query: query,
            hub: hub,
            journal: journal,
            mark: try await journal.mark(),
            lastEvent: lastEvent?.isEmpty == true ? nil : lastEvent,
            end: Self.end(of: call.client)
        )
        let place = try streams.takePlace(for: call.client)
        return Response(streaming: EventWriter.contentType, to: call.request, holding: place) { writer in
            try await stream.write(to: &writer)
        }
    }

    /// When a signed-in client's watch ends: with its token, and after ``longestWatch`` at the latest. Nil for other clients.
    static func end(of client: StreamClient) -> ContinuousClock.Instant? {
        guard client.isSignedIn else { return nil }
        let end = ContinuousClock.now + longestWatch
        return client.end.map { min($0, end) } ?? end
    }

    /// Permissions are checked again after this time.
    private static let longestWatch = Duration.seconds(1800)

    /// The clusters that are configured or have jobs, each with the numbers of the jobs that the caller may read.
    func listClusters(_ call: Call) async throws -> Response {
        _ = try QueryParameters(call.request.uri.query, known: [])
        let permissions = call.permissions
        let counts = try await journal.clusters()
        guard !permissions.areUnlimited else { return try list(call, counts.groups.map(CountsObject.init), counts) }
        var clusters: [CountsObject] = []
        for group in counts.groups where permissions.include(cluster: group.id) {
            let partitions = try await journal.partitions(of: group.id).groups.filter {
                permissions.include(cluster: group.id, partition: $0.id)
            }
            clusters.append(CountsObject(sum: partitions, id: group.id))
        }
        return try list(call, clusters, counts)
    }

    /// The partitions of a cluster that have jobs and that the caller may read.
    func listPartitions(_ call: Call) async throws -> Response {
        _ = try QueryParameters(call.request.uri.query, known: [])
        let cluster = call.parameters.cluster
        let counts = try await journal.partitions(of: cluster)
        let groups = counts.groups.filter { call.permissions.include(cluster: cluster, partition: $0.id) }
        return try list(call, groups.map(CountsObject.init), counts)
    }

    private func list(_ call: Call, _ objects: [CountsObject], _ counts: JobCounts) throws -> Response {
        try Response(json: ListObject(objects, total: objects.count, commit: counts.head), for: call.request)
    }
}

/// The query of a list of jobs.
struct ListQuery {
    let jobs: JobQuery
    /// Whether the client wants the list as events.
    let isWatched: Bool

    private static let parameters = ["limit", "continue", "phase", "uid", "q", "sort", "watch", "endedSince"]
    /// The allowed values of `limit`, for every list.
    static let limits = 1...5000

    /// Parses a query.
    ///
    /// - Throws: ``Problem`` with 400. It names the parameter, the wrong value, and the allowed values.
    init(_ query: String?, cluster: String, partition: String) throws(Problem) {
        let given = try QueryParameters(query, known: Self.parameters)
        var query = JobQuery(cluster: cluster, partition: partition)
        query.limit = try given.number("limit", in: Self.limits) ?? query.limit
        if let text = given["phase"] {
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            query.phases = try words.map { word throws(Problem) in try Self.choice(word, of: "phase") }
        }
        if let text = given["sort"] {
            query.order = try Self.choice(text, of: "sort")
        }
        query.uid = given.text("uid")
        query.endedSince = try given["endedSince"].map { text throws(Problem) in
            guard let time = Date(rfc3339: text) else {
                throw .badRequest("endedSince is \(text.quoted); write a time as 2026-01-31T12:00:00Z")
            }
            return time
        }
        query.text = given.text("q")
        let order = query.order
        query.after = try given.text("continue").map { text throws(Problem) in
            try Self.position(text, in: order)
        }
        jobs = query
        isWatched = try given.flag("watch")
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        of parameter: String
    ) throws(Problem) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("\(parameter) is \(text.quoted); write one of \(choices)")
        }
        return choice
    }

    private static func position(_ text: String, in order: JobQuery.Order) throws(Problem) -> JobQuery.Position {
        let position = try ContinueToken.decode(text, as: JobQuery.Position.self)
        guard position.order == order else {
            throw .badRequest(
                "continue is of a list with sort=\(position.order.rawValue); keep the parameters from page to page"
            )
        }
        return position
    }
}
