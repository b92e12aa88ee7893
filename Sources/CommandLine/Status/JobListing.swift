import Foundation
import Jobs

/// Gets the jobs of a scope, page by page. Later requests transfer only the pages that changed.
actor JobListing {
    private let client: ServerClient
    private let scope: JobScope
    private let filter: JobFilter
    /// Whether the result includes the JSON objects.
    private let keepsText: Bool
    /// The known pages with their entity tags, by path.
    private var known: [String: (tag: String, page: ListPage)] = [:]
    /// The paths of the current listing.
    private var requested: Set<String> = []

    init(_ client: ServerClient, _ scope: JobScope, _ filter: JobFilter, keepsText: Bool) {
        self.client = client
        self.scope = scope
        self.filter = filter
        self.keepsText = keepsText
    }

    /// Gets the current jobs, sorted by cluster, partition and id.
    ///
    /// - Throws: ``ServerError``. The kind is `notFound` if the scope is a single job that does not exist.
    func selection() async throws(ServerError) -> JobSelection {
        requested = []
        var selection = try await selection(of: scope)
        known = known.filter { requested.contains($0.key) }
        selection.jobs.sort { $0.job.key < $1.job.key }
        return selection
    }

    private func selection(of scope: JobScope) async throws(ServerError) -> JobSelection {
        switch scope {
        case .all:
            let clusters = try await listGroups(APIPath.clusters)
            return JobSelection(
                try await clusters.mapConcurrently { cluster throws(ServerError) in
                    try await self.selection(of: .cluster(cluster))
                }
            )
        case .cluster(let cluster):
            let partitions = try await listGroups(APIPath.partitions(of: cluster))
            return JobSelection(
                try await partitions.mapConcurrently { partition throws(ServerError) in
                    try await self.selection(of: .partition(cluster: cluster, partition: partition))
                }
            )
        case .partition(let cluster, let partition):
            return try await listJobs(APIPath.jobsPage(cluster: cluster, partition: partition) + filter.query)
        case .job(let key):
            let page = try await getPage(APIPath.job(key)) { [client, keepsText] data, path throws(ServerError) in
                try client.parseSingle(data, of: path, keepsText: keepsText)
            }
            return JobSelection(jobs: page.jobs)
        }
    }

    private func listGroups(_ path: String) async throws(ServerError) -> [String] {
        try await getPage(path) { [client] data, path throws(ServerError) in
            ListPage(groups: try client.decode(ListAnswer<GroupAnswer>.self, data, path).items.map(\.id))
        }.groups
    }

    /// Gets all pages of a list.
    private func listJobs(_ path: String) async throws(ServerError) -> JobSelection {
        var selection = JobSelection()
        var next: String?
        repeat {
            let query = next.map { "&continue=\(PathSegment.escaped($0))" } ?? ""
            let page = try await getPage("\(path)\(query)") {
                [client, keepsText] data, path throws(ServerError) in
                try client.parsePage(data, of: path, keepsText: keepsText)
            }
            selection.jobs += page.jobs
            // Each page counts those of the whole list.
            selection.endedBefore = page.endedBefore
            next = page.next
        } while next != nil
        return selection
    }

    /// Gets a page, or the known one if it has not changed.
    private func getPage(
        _ path: String,
        _ parse: (Data, String) throws(ServerError) -> ListPage
    ) async throws(ServerError) -> ListPage {
        requested.insert(path)
        let before = known[path]
        switch try await client.get(path, unless: before?.tag) {
        case .same:
            guard let before else { throw client.notUnderstood(path) }
            return before.page
        case .new(let data, let tag):
            let page = try parse(data, path)
            known[path] = tag.map { ($0, page) }
            return page
        }
    }
}

/// The jobs that a scope and a filter select.
struct JobSelection: Sendable {
    var jobs: [JobDocument] = []
    /// How many jobs of the scope are left out because they ended too early.
    var endedBefore = 0

    init(jobs: [JobDocument] = []) {
        self.jobs = jobs
    }

    init(_ parts: [JobSelection]) {
        jobs = parts.flatMap(\.jobs)
        endedBefore = parts.reduce(0) { $0 + $1.endedBefore }
    }
}

/// A job from a service: the decoded object, and its JSON text.
struct JobDocument: Sendable, Equatable {
    let job: JobAnswer
    /// The JSON object on one line with sorted keys. Nil if the caller does not need it.
    let text: Data?
}

/// A page of a list of jobs, clusters or partitions.
struct ListPage: Sendable {
    /// The ids of clusters or partitions.
    var groups: [String] = []
    var jobs: [JobDocument] = []
    /// How many jobs of the whole list are left out because they ended too early.
    var endedBefore = 0
    /// The token for the next page. Nil on the last page.
    var next: String?
}

extension ServerClient {
    func parsePage(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let list = try decode(ListAnswer<JobAnswer>.self, data, path)
        let texts =
            keepsText ? try items(data, of: path).map { object throws(ServerError) in try jsonText(object, path) } : []
        let jobs = list.items.enumerated().map { index, job in
            JobDocument(job: job, text: texts.indices.contains(index) ? texts[index] : nil)
        }
        return ListPage(jobs: jobs, endedBefore: list.metadata?.endedBefore ?? 0, next: list.metadata?.continue)
    }

    /// Parses the answer for a single job as a page.
    func parseSingle(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let job = try decode(JobAnswer.self, data, path)
        let text =
            keepsText
            ? try (try? JSONSerialization.jsonObject(with: data)).map { object throws(ServerError) in
                try self.jsonText(object, path)
            } : nil
        return ListPage(jobs: [JobDocument(job: job, text: text)])
    }
}

/// A cluster or a partition in a list.
struct GroupAnswer: Decodable {
    let id: String
}
