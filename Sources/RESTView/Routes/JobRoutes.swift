import Foundation
import Hummingbird
import Jobs
import Journal

/// Lists of jobs and single jobs, in both versions of the API and under each name that clients use.
struct JobRoutes {
    let journal: JournalReader

    /// The first is the one that we use; older clients use the others.
    private static let resources = ["tfjobs", "tfjob", "tfservings"]

    func add(to router: Router<BasicRequestContext>) {
        for version in APIVersion.allCases {
            for resource in Self.resources {
                let list = "/api/\(version.rawValue)/clusters/:cid/partitions/:partition/\(resource)"
                router.get(RouterPath(list)) { request, context in
                    try await self.list(request, context.parameters)
                }
                router.refuseWrites(at: list) { parameters in
                    "jobs are made by git push alone: add clusters/\(parameters.text("cid"))/partitions/\(parameters.text("partition"))/<id>.json to the repository and push it"
                }
                router.get(RouterPath("\(list)/:id")) { request, context in
                    try await self.job(request, context.parameters)
                }
                router.refuseWrites(at: "\(list)/:id") { parameters in
                    "a job is changed by git push alone: change or delete \(parameters.key.path) in the repository and push it"
                }
            }
        }
    }

    private func list(_ request: Request, _ parameters: Parameters) async throws -> Response {
        let query = try ListQuery(request.uri.queryParameters).query(
            cluster: parameters.text("cid"),
            partition: parameters.text("partition")
        )
        let page = try await journal.jobs(query)
        let next = try page.next.map(ContinueToken.text)
        return try Response(json: ListObject(page, commit: try await journal.head(), next: next), for: request)
    }

    private func job(_ request: Request, _ parameters: Parameters) async throws -> Response {
        let key = parameters.key
        guard let record = try await journal.job(key) else {
            throw Problem.notFound("there is no job \(key); its file would be \(key.path)")
        }
        return try Response(json: JobObject(record), for: request)
    }
}

extension Parameters {
    /// A part of the path; a `%2F` in it is a slash of the name, not of the path.
    func text(_ name: String) -> String {
        let raw = get(name) ?? ""
        return raw.removingPercentEncoding ?? raw
    }

    var key: JobKey { JobKey(cluster: text("cid"), partition: text("partition"), id: text("id")) }
}
