import Hummingbird
import Jobs
import Journal
import SignIn

/// What became of a commit.
struct CommitRoutes {
    let journal: JournalReader

    /// The report of one commit, by its whole name or the first 7 digits or more, as far as its jobs may be read.
    func commit(_ request: Request, _ name: String, _ permissions: Permissions) async throws -> Response {
        guard let report = try await journal.commit(name) else {
            throw Problem.notFound(
                "no commit \(name.quoted) has reached the branch; look at `reconcile.lastAttempted` of /api/ping for the newest one"
            )
        }
        guard !permissions.areUnlimited else { return try Response(json: CommitObject(report), for: request) }
        let visible = report.limited { permissions.include(cluster: $0.cluster, partition: $0.partition) }
        return try Response(json: CommitObject(visible), for: request)
    }
}
