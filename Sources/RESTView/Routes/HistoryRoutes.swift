import Hummingbird
import Jobs
import Journal

/// What happened to a job, commit by commit and run by run.
struct HistoryRoutes {
    let journal: JournalReader

    /// A page of a job's history, newest first; the job may be gone.
    func history(_ request: Request, _ key: JobKey) async throws -> Response {
        let given = try QueryParameters(request.uri.query, known: ["limit", "continue"])
        let limit = try given.number("limit", in: ListQuery.limits) ?? 500
        let position = try given["continue"].map { text throws(Problem) in
            guard let position = ContinueToken.position(text, as: HistoryPage.Position.self) else {
                throw .noContinuation(text)
            }
            return position
        }
        guard let page = try await journal.history(of: key, limit: limit, after: position) else {
            throw Problem.notFound("there is no job \(key), and there never was; its file would be \(key.path)")
        }
        return try Response(
            json: ListObject(
                page.items.map(HistoryObject.init),
                total: page.total,
                commit: try await journal.head(),
                next: try page.next.map(ContinueToken.text)
            ),
            for: request
        )
    }
}
