import Hummingbird
import Journal

/// What became of a commit.
struct CommitRoutes {
    let journal: JournalReader

    /// The report of one commit, by its whole name or the first 7 digits or more.
    func commit(_ request: Request, _ name: String) async throws -> Response {
        guard let report = try await journal.commit(name) else {
            throw Problem.notFound(
                "no commit \(name.quoted) has reached the branch; look at `reconcile.lastAttempted` of /api/ping for the newest one"
            )
        }
        return try Response(json: CommitObject(report), for: request)
    }
}
