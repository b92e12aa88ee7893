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
        let (limit, position) = try Self.paging(of: call, as: HistoryPage.Position.self)
        guard let page = try await journal.history(of: key, limit: limit, after: position) else {
            throw Self.noJob(key)
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

    /// What happened to a job's runs, newest first. The job may be gone.
    func showEvents(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        let query = try QueryParameters(call.request.uri.query, known: ["limit", "run"])
        let limit = try query.number("limit", in: 1...Journal.keptEvents) ?? Journal.keptEvents
        let run = try query.number("run", in: 1...Int(Int32.max))
        guard let events = try await journal.events(of: key, run: run, limit: limit) else { throw Self.noJob(key) }
        return try Response(
            json: ListObject(
                events.map(EventObject.init),
                total: events.count,
                commit: try await journal.head()
            ),
            for: call.request
        )
    }

    /// A page of the records of a job's runs, newest first. The job may be gone.
    func listRuns(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        let (limit, position) = try Self.paging(of: call, as: Int.self)
        guard let page = try await journal.runRecords(of: key, limit: limit, before: position) else {
            throw Self.noJob(key)
        }
        return try Response(
            json: ListObject(
                page.items.map(RunObject.init),
                total: page.total,
                commit: try await journal.head(),
                next: try page.next.map(ContinueToken.encode)
            ),
            for: call.request
        )
    }

    /// The record of one run. The job may be gone.
    func showRun(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        _ = try QueryParameters(call.request.uri.query, known: [])
        let run = call.parameters.run.map { RunID(key: key, number: $0) }
        guard let run, let record = try await journal.runRecord(run) else {
            let name = call.parameters.values["n", default: ""].quoted
            throw Problem.notFound("there is no run \(name) of \(key); GET …/runs lists those that are kept")
        }
        return try Response(json: RunObject(record), for: call.request)
    }

    /// The size of a page, and the end of the page before; nil for the first page.
    private static func paging<Position: Decodable>(
        of call: Call,
        as type: Position.Type
    ) throws(Problem) -> (limit: Int, position: Position?) {
        let query = try QueryParameters(call.request.uri.query, known: ["limit", "continue"])
        let position = try query["continue"].map { text throws(Problem) in try ContinueToken.decode(text, as: type) }
        return (try query.number("limit", in: ListQuery.limits) ?? 500, position)
    }

    private static func noJob(_ key: JobKey) -> Problem {
        .notFound("there is no job \(key), and there never was; its file would be \(key.path)")
    }

    /// The report of a commit, by its whole id or at least the first 4 digits of it, limited to jobs that the caller may read.
    func showCommit(_ call: Call) async throws -> Response {
        let name = call.parameters.commit
        let report: CommitReport?
        do {
            report = try await journal.commit(name)
        } catch is AmbiguousCommit {
            throw Problem.badRequest("several commits begin with \(name.quoted); write more digits")
        }
        guard let report else {
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
