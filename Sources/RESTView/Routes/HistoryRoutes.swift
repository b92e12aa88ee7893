import Hummingbird
import Jobs
import Journal
import SignIn

/// Answers about the past: what happened to a job, and what became of a commit.
struct HistoryRoutes {
    let journal: JournalReader

    /// A page of a job's history, newest first. The job may be gone.
    func showHistory(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        let query = try QueryParameters(call.request.uri.query, known: ["limit", "continue"])
        let limit = try query.number("limit", in: ListQuery.limits) ?? 500
        let position = try query["continue"].map { text throws(Problem) in
            try ContinueToken.decode(text, as: HistoryPage.Position.self)
        }
        guard let page = try await journal.history(of: key, limit: limit, after: position) else {
            throw Problem.notFound("there is no job \(key), and there never was; its file would be \(key.path)")
        }
        return try Response(
            json: ListObject(
                page.items.map(HistoryObject.init),
                total: page.total,
                commit: try await journal.head(),
                next: try page.next.map(ContinueToken.encode)
            ),
            for: call.request
        )
    }

    /// The report of a commit, by its whole name or at least 7 digits of it, limited to jobs that the caller may read.
    func showCommit(_ call: Call) async throws -> Response {
        let name = call.parameters.commit
        guard let report = try await journal.commit(name) else {
            throw Problem.notFound(
                "no commit \(name.quoted) has reached the branch; look at `reconcile.lastAttempted` of /api/ping for the newest one"
            )
        }
        let permissions = call.permissions
        guard !permissions.areUnlimited else { return try Response(json: CommitObject(report), for: call.request) }
        let visible = report.limited { permissions.include(cluster: $0.cluster, partition: $0.partition) }
        return try Response(json: CommitObject(visible), for: call.request)
    }
}
