import Foundation
import GRDB
import Jobs
import Journal
import Synchronization
import TestSupport
import Testing

/// What a commit of one file costs does not grow with the jobs that there are: no statement on its way reads all of them.
@Suite
struct CostTests {
    /// Indexes of the few jobs, or actions, of which there is something to do or to say.
    private static let small = ["job_dirty", "job_held", "job_orphan", "job_dependencies", "action_unfinished"]

    @Test
    func `no step of a commit of one file reads all jobs, all actions or all commits`() async throws {
        let folder = try TemporaryFolder()
        let statements = Mutex<Set<String>>([])
        let journal = try Journal(folder: folder.url, probe: nil) { sql in
            statements.withLock { _ = $0.insert(sql) }
        }
        let keys = (0..<20).map { JobKey(cluster: "default", partition: "team-a", id: "job-\($0)") }
        try await takeIn("first", keys, in: journal)
        statements.withLock { $0 = [] }
        try await work(on: keys[3], in: journal)

        let met = statements.withLock { $0 }
        #expect(met.count > 30)
        try await DatabaseQueue(path: journal.path).read { database in
            for sql in met where sql.firstMatch(of: /^(SELECT|INSERT|UPDATE|DELETE)/) != nil {
                let plan = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                // A plan is the same whatever is asked for.
                plan.setUncheckedArguments([])
                for step in try Row.fetchAll(plan).map({ $0["detail"] as String }) {
                    #expect(Self.isCheap(step, sql), "\(step)\nin \(sql)")
                }
            }
        }
    }

    /// Whether a step of a plan reads a few rows of the tables that grow.
    private static func isCheap(_ step: String, _ sql: String) -> Bool {
        guard step.firstMatch(of: /^(SCAN|SEARCH) (job|action|run|touch|commit)\b/) != nil else { return true }
        if Self.small.contains(where: { step.contains("INDEX \($0)") }) { return true }
        // The first cluster after another, by an index.
        if sql.hasPrefix("SELECT min(cluster)"), step.contains("(cluster>?)") { return true }
        // The first row alone tells.
        if sql.contains("NOT EXISTS (SELECT 1 FROM job WHERE blob IS NOT NULL)"), step.contains("job_shown") {
            return true
        }
        return step.firstMatch(of: /\bid=\?|commit=\?|sha[=>]|number=\?|rowid=\?|revision>\?/) != nil
    }

    private func takeIn(_ commit: String, _ keys: [JobKey], in journal: Journal) async throws {
        let changes = try keys.enumerated().map { index, key in
            JobFileChange(
                key: key,
                content: .file(
                    try ReadJobFile(
                        blob: "blob of \(commit)",
                        job: JournalScene.job(commit),
                        issues: [],
                        dependencies: index % 2 == 0
                            ? [] : [Dependency(id: "job-0", pointer: "/dependsOn/0", line: 1, column: 1)]
                    )
                ),
                attribution: Attribution(uid: "ann@example.org", created: JournalScene.now, commit: commit)
            )
        }
        try await journal.recordCommit(
            CommitRecord(sha: commit, author: "ann@example.org", message: "A change"),
            changes: changes,
            now: JournalScene.now
        )
    }

    /// A commit of one file from its intake to its report, as the service has it pass, with those who look on.
    private func work(on key: JobKey, in journal: Journal) async throws {
        let reader = journal.reader
        let mark = try await reader.mark()
        let sha = String(repeating: "a", count: 40)
        _ = try await journal.head()
        #expect(try await journal.unusableFiles() == [:])
        #expect(try await journal.fileTotals(of: [key]).files == 1)
        try await takeIn(sha, [key], in: journal)
        #expect(try await journal.clusterIDs() == ["default"])
        #expect(try await journal.orphans() == [])
        #expect(try await journal.dirtyClusters() == ["default"])
        _ = try await journal.dirtyJobs(of: "default", limit: 16)
        try await journal.postpone(on: "default", because: "away", except: [])
        try await journal.releasePostponed(on: "default")
        _ = try await journal.unmetDependencies([key.sibling("job-0")])
        try await journal.showWaiting(key, for: [UnmetDependency(id: "job-0")], .create)
        let intent = Intent(commit: sha, key: key, kind: .create, run: 1)
        let number = try await journal.intend([intent], now: JournalScene.now)[0]
        let status = RunStatus(phase: .running, startTime: JournalScene.now)
        for outcome in [Outcome.postponed("away"), .done] {
            try await journal.conclude(
                number,
                intent,
                outcome: outcome,
                job: JournalScene.job(),
                status: status,
                now: JournalScene.now
            )
        }
        let run = RunID(key: key, number: 1)
        #expect(try await journal.isOpen(run))
        #expect(try await !journal.isOpen(RunID(key: key, number: 2)))
        try await journal.observe(run, RunStatus(phase: .succeeded))
        #expect(try await !journal.isOpen(run))
        try await journal.showPhase(.running, of: key)
        try await journal.settle([(key: key.sibling("job-4"), commit: "first")])
        _ = try await journal.adopt(RunObservation(id: run, job: JournalScene.job(), commit: sha, status: status))
        #expect(try await !journal.isEmptied())
        _ = try await journal.dirtyJobs(limit: 1)
        try await journal.recordStatus(ServiceStatus(repositoryURL: "/srv/jobs.git", branch: "main"))

        _ = try await reader.status()
        _ = try await reader.backlog()
        _ = try await reader.head()
        #expect(try await reader.job(key)?.run == 1)
        #expect(try await reader.commit(sha)?.state == .applied)
        #expect(try await reader.history(of: key) != nil)
        let partition = PartitionKey(of: key)
        #expect(try await !reader.changes(in: partition, after: mark.revision, limit: 100).changes.isEmpty)
        #expect(try await !reader.changes(in: [partition], after: mark.revision, limit: 100).changes.isEmpty)
    }
}
