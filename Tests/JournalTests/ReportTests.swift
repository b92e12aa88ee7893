import Foundation
import Jobs
import Journal
import Testing

@Suite
struct ReportTests {
    private static let one = String(repeating: "1", count: 40)
    private static let two = String(repeating: "2", count: 40)

    private func report(_ scene: JournalScene, _ commit: String = one) async throws -> CommitReport {
        try #require(try await scene.journal.reader.commit(commit))
    }

    @Test
    func `a commit is pending, then what its actions make it`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn(Self.one, JournalScene.job())
        let pending = try await report(scene)
        #expect(pending.state == .pending)
        #expect(pending.actions.map(\.kind) == [nil])
        try await scene.act(.create, Self.one, run: 1, outcome: .postponed("away"), job: nil)
        #expect(try await report(scene).state == .held)
        #expect(try await report(scene).actions.map(\.kind) == [.hold])
        #expect(try await report(scene).actions.map(\.error) == ["away"])
        try await scene.act(.create, Self.one, run: 1, job: JournalScene.job())
        let applied = try await report(scene)
        #expect(applied.state == .applied)
        #expect(applied.actions.count == 1)
        #expect(applied.actions.map(\.kind) == [.create])
        #expect(applied.actions.map(\.result) == [.done])
        #expect(applied.actions.map(\.error) == [nil])
        #expect(applied.actions.map(\.run) == [1])
    }

    @Test(arguments: [
        ([Outcome.done, .done], CommitReport.State.applied), ([.done, .held], .partial), ([.held, .held], .held),
        ([.done, .refused("x")], .partial), ([.refused("x"), .held], .held), ([.refused("x")], .held),
        ([.done, .postponed("x")], .partial), ([.postponed("x")], .held), ([], .applied),
    ])
    func `the state sums up the actions`(outcomes: [Outcome], state: CommitReport.State) async throws {
        let scene = try JournalScene()
        let commit = CommitRecord(sha: Self.one, author: "ann@example.org", message: "A change")
        let keys = outcomes.indices.map { JobKey(cluster: "default", partition: "team-a", id: "job-\($0)") }
        let changes = try keys.map { key in
            let content = try JobFileChange.Content.file(ReadJobFile(blob: "b", job: JournalScene.job(), issues: []))
            return JobFileChange(key: key, content: content, attribution: nil)
        }
        try await scene.journal.recordCommit(commit, changes: changes, now: JournalScene.now)
        for (key, outcome) in zip(keys, outcomes) {
            let intent = Intent(commit: Self.one, key: key, kind: .create, run: 1)
            let numbers = try await scene.journal.intend([intent], now: JournalScene.now)
            try await scene.journal.conclude(
                try #require(numbers.first),
                intent,
                outcome: outcome,
                job: nil,
                status: nil,
                now: JournalScene.now
            )
        }
        #expect(try await report(scene).state == state)
        #expect(try await report(scene).commit == commit)
    }

    @Test
    func `a newer commit supersedes what was not begun, and commits that came with it`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn(Self.one, JournalScene.job())
        let skipped = CommitRecord(sha: String(repeating: "a", count: 40), author: "b", message: "c")
        let content = try JobFileChange.Content.file(
            ReadJobFile(blob: "b", job: JournalScene.job("second"), issues: [])
        )
        try await scene.journal.recordCommit(
            CommitRecord(sha: Self.two, author: "ann@example.org", message: "Another"),
            skipped: [skipped],
            changes: [JobFileChange(key: JournalScene.key, content: content, attribution: nil)],
            now: JournalScene.now
        )
        #expect(try await report(scene).state == .superseded)
        #expect(try await report(scene).actions.map(\.result) == [.superseded])
        #expect(try await report(scene, skipped.sha).state == .superseded)
        #expect(try await report(scene, Self.two).state == .pending)
    }

    @Test
    func `what was under way when a newer commit came is reported as it ended`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn(Self.one, JournalScene.job())
        let intent = Intent(commit: Self.one, key: JournalScene.key, kind: .create, run: 1)
        let number = try #require(try await scene.journal.intend([intent], now: JournalScene.now).first)
        try await scene.takeIn(Self.two, JournalScene.job("second"))
        try await scene.journal.conclude(
            number,
            intent,
            outcome: .done,
            job: JournalScene.job(),
            status: nil,
            now: JournalScene.now
        )
        #expect(try await report(scene).state == .applied)
        #expect(try await report(scene, Self.two).state == .pending)
    }

    @Test
    func `a change that comes to nothing is applied without an action, an action that was cut off is done`()
        async throws
    {
        let scene = try JournalScene()
        try await scene.takeIn(Self.one, JournalScene.job())
        try await scene.journal.settle([(JournalScene.key, Self.one)])
        #expect(try await report(scene).state == .applied)
        #expect(try await report(scene).actions.isEmpty)
        // Of the job's history it is nevertheless, also where the job was new: after a lost journal its run goes on.
        let history = try #require(try await scene.journal.reader.history(of: JournalScene.key))
        #expect(history.items.map(\.commit.sha) == [Self.one])
        #expect(history.items.map(\.hasAction) == [false])
        try await scene.takeIn(Self.two, JournalScene.job("second"))
        let intent = Intent(commit: Self.two, key: JournalScene.key, kind: .create, run: 1)
        _ = try await scene.journal.intend([intent], now: JournalScene.now)
        try await scene.journal.settle([(JournalScene.key, Self.two)])
        #expect(try await report(scene, Self.two).actions.map(\.result) == [.done])
    }

    @Test
    func `a commit is found by its first digits, if they fit no other`() async throws {
        let scene = try JournalScene()
        let other = Self.one.dropLast() + "2"
        try await scene.takeIn(Self.one, JournalScene.job())
        #expect(try await scene.journal.reader.commit("1111111")?.commit.sha == Self.one)
        try await scene.takeIn(String(other), JournalScene.job())
        await #expect(throws: AmbiguousCommit.self) { try await scene.journal.reader.commit("1111111") }
        #expect(try await scene.journal.reader.commit(Self.one)?.commit.sha == Self.one)
        for unknown in ["", "111", "111111%", "2222222", Self.one + "1", "11111_1"] {
            #expect(try await scene.journal.reader.commit(unknown) == nil)
        }
    }

    @Test
    func `a stray file's error holds its commit`() async throws {
        let scene = try JournalScene()
        let stray = Issue(path: "clusters/x.json", severity: .error, message: "not here")
        let commit = CommitRecord(sha: Self.one, author: "", message: "")
        try await scene.journal.recordCommit(commit, changes: [], strays: [stray.path: [stray]], now: JournalScene.now)
        #expect(try await report(scene).state == .held)
        #expect(try await report(scene).issues == [stray])
    }
}
