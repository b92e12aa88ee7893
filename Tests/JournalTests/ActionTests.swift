import Foundation
import Jobs
import Journal
import Testing

@Suite
struct ActionTests {
    @Test
    func `an intent is open until it is concluded`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        let intent = Intent(commit: "one", key: JournalScene.key, kind: .create, run: 1)
        let numbers = try await scene.journal.intend([intent], now: JournalScene.now)
        #expect(try await scene.openActions() == ["create 1"])
        #expect(try await scene.record()?.appliedJob == nil)
        let number = try #require(numbers.first)
        try await scene.journal.conclude(
            number,
            intent,
            outcome: .done,
            job: JournalScene.job(),
            status: nil,
            now: JournalScene.now
        )
        #expect(try await scene.openActions().isEmpty)
    }

    @Test
    func `a newer intent for a job closes the one before`() async throws {
        let scene = try JournalScene()
        let intents = [1, 2].map { Intent(commit: "one", key: JournalScene.key, kind: .replace, run: $0) }
        for intent in intents {
            _ = try await scene.journal.intend([intent], now: JournalScene.now)
        }
        #expect(try await scene.openActions() == ["replace 2"])
    }

    @Test
    func `done puts a definition in force`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job(), status: RunStatus(phase: .preparing))
        let record = try #require(try await scene.record())
        #expect(record.appliedJob == AppliedJob(job: JournalScene.job(), run: 1))
        #expect(record.phase == .preparing)
        #expect(record.dirty == nil)
    }

    @Test
    func `done without a status keeps the one that is known`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job(), status: RunStatus(phase: .running))
        try await scene.takeIn("two", JournalScene.job("renamed"))
        try await scene.act(.update, "two", run: 1, job: JournalScene.job("renamed"))
        #expect(try await scene.record()?.phase == .running)
        #expect(try await scene.record()?.shown?.name == "renamed")
    }

    @Test
    func `a delete that is done takes the job away and keeps its run numbers`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job(), status: RunStatus(phase: .failed))
        try await scene.takeIn("two", .gone)
        try await scene.act(.delete, "two", run: 1, job: nil)
        #expect(try await scene.record() == nil)
        #expect(try await scene.dirty().isEmpty)
        let query = JobQuery(cluster: "default", partition: "team-a")
        #expect(try await scene.journal.reader.page(query, bytes: .max) { _, _ in nil }.total == 0)

        try await scene.takeIn("three", JournalScene.job())
        #expect(try await scene.record()?.run == 1)
        #expect(try await scene.record()?.phase == .pending)
    }

    @Test
    func `a hold touches nothing and waits for nothing`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job(), status: RunStatus(phase: .running))
        try await scene.takeIn("two", nil, issues: [JournalScene.issue])
        try await scene.act(.hold, "two", run: 1, outcome: .held, job: nil)
        let record = try #require(try await scene.record())
        #expect(record.applied == JournalScene.job())
        #expect(record.phase == .running)
        #expect(record.issues == [JournalScene.issue])
        #expect(record.dirty == nil)
    }

    @Test(
        arguments: [
            (Outcome.refused("no such image"), "no such image"),
            (.postponed("the cluster does not answer"), "the cluster does not answer"),
        ]
    )
    func `what did not work is tried again, and shown at the job until its file changes`(
        outcome: Outcome,
        message: String
    ) async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, outcome: outcome, job: nil)
        let record = try #require(try await scene.record())
        #expect(record.applied == nil)
        #expect(record.issues.map(\.path) == [JournalScene.key.path])
        #expect(record.issues.map(\.message) == [message])
        #expect(record.dirty == "one")
        try await scene.takeIn("two", JournalScene.job("second"))
        #expect(try await scene.record()?.issues == [])
    }

    @Test(arguments: [Outcome.postponed("away"), .refused("no such image")])
    func `what works at last is not shown as a fault any more`(outcome: Outcome) async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, outcome: outcome, job: nil)
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        #expect(try await scene.record()?.issues == [])
    }

    @Test(arguments: [Outcome.done, .held, .refused("x"), .postponed("x")])
    func `a job that a newer commit changed meanwhile waits for that one`(outcome: Outcome) async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        let intent = Intent(commit: "one", key: JournalScene.key, kind: .create, run: 1)
        let numbers = try await scene.journal.intend([intent], now: JournalScene.now)
        try await scene.takeIn("two", JournalScene.job("second"))
        try await scene.journal.conclude(
            try #require(numbers.first),
            intent,
            outcome: outcome,
            job: outcome == .done ? JournalScene.job() : nil,
            status: nil,
            now: JournalScene.now
        )
        let record = try #require(try await scene.record())
        #expect(record.dirty == "two")
        #expect(record.desired == JournalScene.job("second"))
        #expect(record.applied == (outcome == .done ? JournalScene.job() : nil))
        #expect(record.issues.isEmpty)
        try await scene.journal.settle([(JournalScene.key, "one")])
        #expect(try await scene.dirty() == ["mnist"])
        try await scene.journal.settle([(JournalScene.key, "two")])
        #expect(try await scene.dirty().isEmpty)
    }
}
