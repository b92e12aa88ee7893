import Foundation
import Jobs

/// All jobs of a scope, however many there are; asked again, only what changed is sent.
actor JobListing {
    private let client: ServerClient
    private let scope: JobScope
    /// Whether the whole objects are wanted.
    private let keepsText: Bool
    /// What is known by path, with its tag.
    private var known: [String: (tag: String, page: ListPage)] = [:]
    private var isAsked: Set<String> = []

    init(_ client: ServerClient, _ scope: JobScope, keepsText: Bool) {
        self.client = client
        self.scope = scope
        self.keepsText = keepsText
    }

    /// The jobs as they are now, sorted by cluster, partition and id.
    ///
    /// - Throws: ``ServerError``; of the kind `notFound` where one job is meant that is not there.
    func jobs() async throws(ServerError) -> [JobDocument] {
        isAsked = []
        let jobs = try await jobs(of: scope)
        known = known.filter { isAsked.contains($0.key) }
        return jobs.sorted { $0.job.key < $1.job.key }
    }

    private func jobs(of scope: JobScope) async throws(ServerError) -> [JobDocument] {
        switch scope {
        case .all:
            let clusters = try await groups(APIPath.clusters)
            return try await clusters.mapConcurrently { cluster throws(ServerError) in
                try await self.jobs(of: .cluster(cluster))
            }.flatMap(\.self)
        case .cluster(let cluster):
            let partitions = try await groups(APIPath.partitions(of: cluster))
            return try await partitions.mapConcurrently { partition throws(ServerError) in
                try await self.jobs(of: .partition(cluster: cluster, partition: partition))
            }.flatMap(\.self)
        case .partition(let cluster, let partition):
            return try await list(APIPath.jobs(cluster: cluster, partition: partition))
        case .job(let key):
            return try await page(APIPath.job(key)) { [client, keepsText] data, path throws(ServerError) in
                try client.single(data, of: path, keepsText: keepsText)
            }.jobs
        }
    }

    private func groups(_ path: String) async throws(ServerError) -> [String] {
        try await page(path) { [client] data, path throws(ServerError) in
            ListPage(groups: try client.decode(ListAnswer<GroupAnswer>.self, data, path).items.map(\.id))
        }.groups
    }

    /// All pages of a list.
    private func list(_ path: String) async throws(ServerError) -> [JobDocument] {
        var jobs: [JobDocument] = []
        var next: String?
        repeat {
            let query = next.map { "&continue=\(PathSegment.escaped($0))" } ?? ""
            let page = try await page("\(path)?limit=500\(query)") {
                [client, keepsText] data, path throws(ServerError) in
                try client.page(data, of: path, keepsText: keepsText)
            }
            jobs += page.jobs
            next = page.next
        } while next != nil
        return jobs
    }

    private func page(
        _ path: String,
        _ read: (Data, String) throws(ServerError) -> ListPage
    ) async throws(ServerError) -> ListPage {
        isAsked.insert(path)
        let before = known[path]
        switch try await client.get(path, unless: before?.tag) {
        case .same:
            guard let before else { throw client.notUnderstood(path) }
            return before.page
        case .new(let data, let tag):
            let page = try read(data, path)
            known[path] = tag.map { ($0, page) }
            return page
        }
    }
}
