import Foundation
import Jobs
import Journal
import Testing

@Suite
struct CommitTests {
    @Test
    func `a new journal is empty`() async throws {
        let scene = try JournalScene()
        #expect(scene.journal.setAside == nil)
        #expect(try await scene.journal.head() == nil)
        #expect(try await scene.journal.files().isEmpty)
        #expect(try await scene.journal.reader.status() == nil)
        #expect(try await scene.journal.reader.backlog() == (0, 0))
        #expect(try await scene.record() == nil)
    }

    @Test
    func `a file that is taken in waits to be carried out`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        let record = try #require(try await scene.record())
        #expect(record.desiredJob == .valid(JournalScene.job()))
        #expect(record.appliedJob == nil)
        #expect(record.dirty == "one")
        #expect(record.phase == .pending)
        #expect(record.run == 0)
        #expect(try await scene.journal.head() == "one")
        #expect(try await scene.journal.files() == [JournalScene.key: "blob of one"])
        #expect(try await scene.journal.reader.backlog() == (1, 0))
    }

    @Test
    func `a file that can't be used is held with its issues`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", nil, issues: [JournalScene.issue])
        let record = try #require(try await scene.record())
        #expect(record.desiredJob == .invalid)
        #expect(record.issues == [JournalScene.issue])
        #expect(record.phase == .held)
        #expect(try await scene.journal.reader.backlog() == (0, 1))
    }

    @Test
    func `a file that goes before it was carried out is gone at once, one in force is not`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.takeIn("two", .gone)
        #expect(try await scene.record() == nil)
        #expect(try await scene.journal.files().isEmpty)
        #expect(try await scene.dirty() == ["mnist"])

        try await scene.takeIn("three", JournalScene.job())
        try await scene.act(.create, "three", run: 1, job: JournalScene.job())
        try await scene.takeIn("four", .gone)
        let record = try #require(try await scene.record())
        #expect(record.desiredJob == .absent)
        #expect(record.applied == JournalScene.job())
        #expect(try await scene.journal.files() == [JournalScene.key: nil])
    }

    @Test
    func `what a commit does not say of a file's history stays known`() async throws {
        let scene = try JournalScene()
        let now = JournalScene.now
        let later = now.addingTimeInterval(60)
        let first = Attribution(uid: "ann@example.org", created: now, updated: now, commit: "one")
        let third = Attribution(uid: "ann@example.org", created: now, updated: later, commit: "three")
        let changes: [(Attribution?, Attribution)] = [
            (first, first), (nil, first), (Attribution(updated: later, commit: "three"), third),
        ]
        for (number, (given, known)) in changes.enumerated() {
            try await scene.journal.recordCommit(
                CommitRecord(sha: "\(number)", author: "", message: ""),
                changes: [
                    JobFileChange(
                        key: JournalScene.key,
                        content: .file(try ReadJobFile(blob: "\(number)", job: nil, issues: [])),
                        attribution: given
                    )
                ],
                now: later
            )
            #expect(try await scene.record()?.attribution == known)
        }
    }

    @Test
    func `the same commit may be taken in twice`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.takeIn("one", JournalScene.job())
        #expect(try await scene.dirty() == ["mnist"])
    }

    @Test
    func `jobs wait in the order of their keys, but for those that are worked on`() async throws {
        let scene = try JournalScene()
        for id in ["c", "a", "b"] {
            let key = JobKey(cluster: "default", partition: "team-a", id: id)
            try await scene.takeIn("one", JournalScene.job(), key: key)
        }
        let busy = JobKey(cluster: "default", partition: "team-a", id: "a")
        #expect(try await scene.dirty() == ["a", "b", "c"])
        #expect(try await scene.journal.dirtyJobs(limit: 1, except: [busy]).map(\.key.id) == ["b"])
    }
}
