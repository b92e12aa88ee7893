import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Journal

@Suite
struct RevisionTests {
    private let scene: JournalScene
    private var partition: PartitionKey { PartitionKey(of: JournalScene.key) }

    init() throws {
        scene = try JournalScene()
    }

    private func revision() async throws -> Int64 { try await scene.journal.reader.mark().revision }

    private func changes(after revision: Int64, limit: Int = 100) async throws -> JobChanges {
        try await scene.journal.reader.changes(in: partition, after: revision, limit: limit)
    }

    @Test
    func `each step that readers see has a later revision, and no other has`() async throws {
        let run = RunID(key: JournalScene.key, number: 1)
        let job = JournalScene.job()
        let other = JobKey(cluster: "prod", partition: "x", id: "y")
        let steps: [(String, isSeen: Bool, () async throws -> Void)] = [
            ("taken in", true, { try await scene.takeIn("a", job) }),
            (
                "status of the service", false,
                { try await scene.journal.recordStatus(.init(repositoryURL: "", branch: "main")) }
            ),
            (
                "begun", false,
                {
                    _ = try await scene.journal.intend(
                        [Intent(commit: "a", key: run.key, kind: .create, run: 1)],
                        now: JournalScene.now
                    )
                }
            ),
            (
                "carried out", true,
                { try await scene.act(.create, "a", run: 1, job: job, status: RunStatus(pending: job)) }
            ),
            ("observed", true, { try await scene.journal.observe(run, RunStatus(phase: .running)) }),
            ("observed again", false, { try await scene.journal.observe(run, RunStatus(phase: .running)) }),
            (
                "observed, another run", false,
                { try await scene.journal.observe(RunID(key: run.key, number: 2), RunStatus()) }
            ),
            ("shown", true, { try await scene.journal.showPhase(.deleting, of: run.key) }),
            ("broken", true, { try await scene.takeIn("b", nil, issues: [JournalScene.issue]) }),
            (
                "held, and not deleting any more", true,
                { try await scene.act(.hold, "b", run: 1, outcome: .held, job: job) }
            ),
            (
                "refused", true,
                {
                    try await scene.takeIn("c", job)
                    try await scene.act(.replace, "c", run: 2, outcome: .refused("no room"), job: job)
                }
            ),
            ("gone", true, { try await scene.takeIn("d", .gone) }),
            ("deleted", true, { try await scene.act(.delete, "d", run: 1, job: nil) }),
            ("another", true, { try await scene.takeIn("e", job, key: other) }),
        ]
        for (what, isSeen, step) in steps {
            let before = try await revision()
            try await step()
            let after = try await revision()
            #expect((after > before) == isSeen, "\(what)")
            guard isSeen, what != "another" else { continue }
            let changes = try await changes(after: before)
            #expect(changes.changes.map(\.record.key) == [JournalScene.key], "\(what)")
            #expect(changes.changes[0].revision == after, "\(what)")
            #expect(changes.revision == after)
        }
        #expect(try await changes(after: 0).changes.map(\.record.isShown) == [false])
    }

    @Test
    func `a job is born anew only when it comes back`() async throws {
        let job = JournalScene.job()
        try await scene.takeIn("a", job)
        let first = try #require(try await changes(after: 0).changes.first).born
        try await scene.act(.create, "a", run: 1, job: job, status: RunStatus(pending: job))
        try await scene.takeIn("b", .gone)
        try await scene.act(.delete, "b", run: 1, job: nil)
        let gone = try #require(try await changes(after: 0).changes.first)
        #expect(gone.born == first)
        #expect(!gone.record.isShown)
        try await scene.takeIn("c", job)
        let back = try #require(try await changes(after: 0).changes.first)
        #expect(back.born > gone.revision)
        #expect(back.record.isShown)
    }

    @Test
    func `changes come in pages, and those of other partitions are passed over`() async throws {
        for number in 0..<5 {
            let key = JobKey(cluster: "default", partition: "team-a", id: "job-\(number)")
            try await scene.takeIn("\(number)", JournalScene.job(), key: key)
            try await scene.takeIn(
                "x\(number)",
                JournalScene.job(),
                key: JobKey(cluster: "default", partition: "other", id: key.id)
            )
        }
        var ids: [String] = []
        var page = try await changes(after: 0, limit: 2)
        ids += page.changes.map(\.record.key.id)
        while page.hasMore {
            page = try await changes(after: page.revision, limit: 2)
            ids += page.changes.map(\.record.key.id)
        }
        #expect(ids == (0..<5).map { "job-\($0)" })
        #expect(page.revision == (try await revision()))
        let both = try await scene.journal.reader.changes(in: [partition], after: 0, limit: 100)
        #expect(both.changes.map(\.record.key.id) == ids)
    }

    @Test
    func `of a commit, each job has one revision, one plan and one place in history, new or not`() async throws {
        let keys = (0..<4).map { JournalScene.key.sibling("job-\($0)") }
        for key in [keys[0], keys[2]] {
            try await scene.takeIn("a", JournalScene.job(), key: key)
        }
        let before = try await revision()
        let file = try ReadJobFile(blob: "b", job: JournalScene.job("b"), issues: [])
        let changes = keys.map { JobFileChange(key: $0, content: .file(file), attribution: nil) }
        for name in ["b", "c"] {
            let sha = String(repeating: name, count: 40)
            let commit = CommitRecord(sha: sha, author: "ann@example.org", message: "Four")
            try await scene.journal.recordCommit(commit, changes: changes, now: JournalScene.now)
            let report = try #require(try await scene.journal.reader.commit(sha))
            #expect(report.actions.map(\.key) == keys)
            #expect(report.actions.allSatisfy { $0.kind == nil && $0.result == nil })
        }
        let found = try await self.changes(after: before).changes
        #expect(Set(found.map(\.record.key)) == Set(keys))
        #expect(Set(found.map(\.revision)) == Set(before + 1...before + 4))
        #expect(try await revision() == before + 4)
        let first = try #require(try await scene.journal.reader.commit(String(repeating: "b", count: 40)))
        #expect(first.actions.map(\.result) == [.superseded, .superseded, .superseded, .superseded])
        let history = try #require(try await scene.journal.reader.history(of: keys[1]))
        #expect(history.items.map { $0.commit.sha.prefix(1) } == ["c", "b"])
    }

    /// New jobs are added many at a time, and the rest one by one; a long text takes another way than a short one.
    @Test(arguments: [1, 63, 64, 65, 131])
    func `all new jobs of a commit are kept as they are, however many`(count: Int) async throws {
        let keys = (0..<count).map { JournalScene.key.sibling("job-\($0)") }
        let jobs = keys.indices.map { index in
            var job = JournalScene.job()
            job.args = Array(repeating: String(repeating: "\(index) ", count: 20_000), count: index % 50 == 3 ? 3 : 0)
            job.description = "Job \(index)"
            return job
        }
        let changes = try keys.indices.map { index in
            let file = try ReadJobFile(blob: "blob \(index)", job: jobs[index], issues: [])
            let attribution = index.isMultiple(of: 3) ? nil : Attribution(uid: "ann-\(index)@example.org")
            return JobFileChange(key: keys[index], content: .file(file), attribution: attribution)
        }
        let commit = CommitRecord(sha: String(repeating: "d", count: 40), author: "ann@example.org", message: "All")
        try await scene.journal.recordCommit(commit, changes: changes, now: JournalScene.now)
        let found = try await self.changes(after: 0, limit: count).changes
        #expect(found.map(\.revision) == (1...count).map(Int64.init))
        for (index, change) in found.enumerated() {
            #expect(change.record.key == keys[index])
            #expect(change.record.blob == "blob \(index)")
            #expect(change.record.desired == jobs[index])
            #expect(change.record.attribution.uid == (index.isMultiple(of: 3) ? "" : "ann-\(index)@example.org"))
            #expect(change.born == change.revision)
        }
        #expect(try await scene.journal.reader.commit(commit.sha)?.actions.count == count)
    }

    @Test
    func `a new job that brings no revision along is refused`() async throws {
        let queue = try DatabaseQueue(path: scene.journal.path)
        let refused = #expect(throws: DatabaseError.self) {
            try queue.write { database in
                try database.execute(sql: "INSERT INTO job (cluster, partition, id) VALUES ('default', 'team-a', 'x')")
            }
        }
        #expect(refused?.extendedResultCode == .SQLITE_CONSTRAINT_NOTNULL)
    }

    @Test
    func `listeners hear of commits that change a job, and of no others`() async throws {
        let signals = scene.journal.reader.jobsChanged
        try await scene.takeIn("a", JournalScene.job())
        for await _ in signals { break }
        try await scene.journal.recordStatus(.init(repositoryURL: "", branch: "main"))
        try await scene.journal.settle([(key: JournalScene.key, commit: "a")])
        // The next signal is of the next change: none waits.
        let heard = Task {
            for await _ in signals { break }
            return try await scene.journal.reader.job(JournalScene.key)?.desired?.name
        }
        try await scene.takeIn("b", JournalScene.job("second"))
        #expect(try await heard.value == "second")
    }

    @Test
    func `a journal of the first version gets revisions, runs and a name, once`() async throws {
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: folder.path("journal.sqlite"))
        try Journal.migrations.migrate(queue, upTo: "1: jobs, actions, commits")
        try await queue.write { database in
            for number in 1...3 {
                try database.execute(
                    sql: """
                        INSERT INTO job (cluster, partition, id, blob, applied, run, phase, "commit")
                        VALUES ('default', 'team-a', ?, 'b', ?, 4, 'running', 'c')
                        """,
                    arguments: ["job-\(number)", StoredJob.text(JournalScene.job())]
                )
            }
        }
        try queue.close()
        let first = try Journal(folder: folder.url)
        let mark = try await first.reader.mark()
        #expect(mark.revision == 3)
        #expect(mark.journal.count == 16)
        let changes = try await first.reader.changes(in: partition, after: 0, limit: 10)
        #expect(changes.changes.map(\.revision) == [1, 2, 3])
        let key = JobKey(cluster: "default", partition: "team-a", id: "job-2")
        let history = try #require(try await first.reader.history(of: key))
        #expect(history.items.map(\.run?.number) == [4])
        #expect(try await Journal(folder: folder.url).reader.mark() == mark)
    }
}
