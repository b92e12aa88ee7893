import Foundation
import GRDB
import Jobs
import Journal
import TestSupport
import Testing

@Suite
struct RefusalTests {
    private let job = JournalScene.job()
    private let run = RunID(key: JournalScene.key, number: 1)

    /// A job whose first run was stopped for a replacement that was then refused.
    private func refused() async throws -> JournalScene {
        let scene = try JournalScene()
        try await scene.takeIn("one", job)
        try await scene.act(.create, "one", run: 1, job: job, status: RunStatus(phase: .running))
        try await scene.takeIn("two", JournalScene.job("second"))
        let status = RunStatus.refused("no such image")
        try await scene.act(.replace, "two", run: 2, outcome: .refused("no such image"), job: job, status: status)
        return scene
    }

    @Test
    func `a refused job stays held while its backend reports the old run as stopped`() async throws {
        let scene = try await refused()
        let stopped = RunStatus(phase: .suspended)
        #expect(try await scene.journal.observe(run, stopped) == false)
        let observation = RunObservation(id: run, job: job, commit: "one", status: stopped)
        #expect(try await scene.journal.compare([observation]).changed.isEmpty)
        let record = try #require(try await scene.record())
        #expect(record.status == .refused("no such image"))
        #expect(record.issues.map(\.message) == ["no such image"])
    }

    @Test
    func `an old run that goes on after all is shown`() async throws {
        let scene = try await refused()
        #expect(try await scene.journal.observe(run, RunStatus(phase: .running)))
        #expect(try await scene.record()?.phase == .running)
    }

    @Test
    func `a refused job has no open run, and its old definition starts it again`() async throws {
        let scene = try await refused()
        #expect(try await scene.journal.openRuns { _ in true }.isEmpty)
        let record = try #require(try await scene.record())
        #expect(Plan.action(desired: record.desiredJob, applied: record.appliedJob) == .replace)
        #expect(Plan.action(desired: .valid(job), applied: record.appliedJob) == .resume)
    }

    /// The rows that an earlier version wrote after a backend had refused an action.
    @Test(arguments: [ActionKind.create, .replace])
    func `an action that an earlier version recorded as failed is tried again`(kind: ActionKind) async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", job)
        if kind == .replace {
            try await scene.act(.create, "one", run: 1, job: job, status: RunStatus(phase: .running))
            try await scene.takeIn("two", JournalScene.job("second"))
        }
        let file = try DatabaseQueue(path: scene.journal.path)
        try await file.write { database in
            try database.execute(
                sql: """
                    UPDATE job SET dirty = NULL, fault = 'no such image';
                    UPDATE job SET phase = 'failed',
                        status = '{"message":"no such image","phase":"failed","reason":"NotStarted","replicas":[]}'
                        WHERE applied IS NULL;
                    UPDATE action SET kind = '\(kind.rawValue)', run = 1, intended = seen, finished = seen, result = 'failed',
                        error = 'no such image' FROM (SELECT min(seen) AS seen FROM "commit") WHERE finished IS NULL;
                    """
            )
        }
        let journal = try Journal(folder: scene.folder.url)
        let record = try #require(try await journal.reader.job(JournalScene.key))
        #expect(record.dirty == (kind == .replace ? "two" : "one"))
        #expect(record.issues.isEmpty)
        #expect(record.phase == (kind == .replace ? .running : .pending))
        #expect(Plan.action(desired: record.desiredJob, applied: record.appliedJob) == kind)
    }
}
