import Foundation
import Jobs
import Journal
import Logging
import Reconciler
import TestSupport

/// A jobs repository, a journal and a scripted backend.
struct ReconcilerScene: Sendable {
    let folder: TemporaryFolder
    let repository: JobsRepository
    let journal: Journal
    let backend = ScriptedBackend()

    init() async throws {
        folder = try TemporaryFolder()
        repository = try await JobsRepository(in: folder)
        journal = try Journal(folder: folder.url)
        try repository.write("", to: "code/job.py")
    }

    func path(_ id: String, cluster: String = "default") -> String {
        "clusters/\(cluster)/partitions/team-a/\(id).json"
    }

    func key(_ id: String, cluster: String = "default") -> JobKey {
        JobKey(cluster: cluster, partition: "team-a", id: id)
    }

    func run(_ id: String, _ number: Int) -> RunID { RunID(key: key(id), number: number) }

    /// Writes a job file without committing it.
    func write(_ id: String, cluster: String = "default", _ change: (inout JobText) -> Void = { _ in }) throws {
        try repository.write(JobText().with(change).text, to: path(id, cluster: cluster))
    }

    func record(_ id: String, cluster: String = "default") async throws -> JobRecord? {
        try await journal.reader.job(key(id, cluster: cluster))
    }

    /// The actions of a job, newest first, each with its result.
    func actions(of id: String) async throws -> [String] {
        let items = try await journal.reader.history(of: key(id))?.items ?? []
        return items.compactMap { item in item.action.map { "\($0) \(item.result.map { "\($0)" } ?? "nil")" } }
    }

    /// Lets a reconciler live for the time of a test.
    @discardableResult
    func reconciling<Result: Sendable>(
        clusters: Clusters? = nil,
        journal: Journal? = nil,
        change: (inout Reconciler.Settings) -> Void = { _ in },
        _ body: () async throws -> Result
    ) async throws -> Result {
        let local = Clusters.Member(kind: "scripted", backend: 0)
        var settings = Reconciler.Settings(
            address: .local(path: repository.bare),
            interval: .milliseconds(200),
            codeFolder: folder.url.appendingPathComponent("code"),
            mirrorFolder: folder.url.appendingPathComponent("mirror")
        )
        change(&settings)
        let reconciler = Reconciler(
            settings,
            journal: journal ?? self.journal,
            clusters: clusters ?? Clusters(backends: [backend], fallback: local),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let life = Task { try await reconciler.run() }
        let result: Result
        do {
            result = try await body()
        } catch {
            life.cancel()
            throw error
        }
        life.cancel()
        try await life.value
        return result
    }

    /// Waits until the journal has nothing left to do and knows the newest commit.
    func settled(at commit: String, in other: Journal? = nil) async throws {
        let journal = other ?? self.journal
        try await eventually("all of \(commit) is done") {
            // In this order: before the commit is taken in there is nothing left to do either.
            guard try await journal.head() == commit else { return false }
            return try await journal.dirtyJobs(limit: 1).isEmpty
        }
    }
}
