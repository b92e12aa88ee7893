import Foundation
import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// A journal that lost rows and is a healthy file nevertheless: what the tree and the backends have is taken in again.
@Suite(.timeLimit(.minutes(hangLimit)))
struct LostRowTests {
    private func execute(_ sql: String, in scene: ReconcilerScene) async throws {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
        let file = scene.folder.path("journal.sqlite")
        try await TestSupport.run(["python3", "-c", script, file, sql], in: scene.folder.url.path)
    }

    @Test
    func `jobs whose rows are lost are known again at the next start, and none is stopped or started`() async throws {
        let scene = try await ReconcilerScene()
        var before: [JobRecord] = []
        let ids = ["runs", "ended", "broken", "sleeps"]
        try await scene.reconciling {
            try scene.write("runs")
            try scene.write("ended")
            try scene.write("sleeps") { $0.more = [#""runPolicy": {"suspend": true}"#] }
            try scene.repository.write("{", to: scene.path("broken"))
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.finish(scene.run("ended", 1), as: .succeeded)
            try await eventually("all is noted") {
                let phases = [try await scene.record("ended")?.phase, try await scene.record("runs")?.phase]
                return phases == [.succeeded, .running]
            }
            for id in ids {
                before.append(try #require(try await scene.record(id)))
            }
        }
        let starts = scene.backend.calls.count { if case .start = $0 { true } else { false } }
        try await execute("DELETE FROM job WHERE partition = 'team-a'", in: scene)
        let journal = try Journal(folder: scene.folder.url)
        #expect(journal.setAside == nil)
        #expect(try await journal.files().isEmpty)
        // A push to another job comes at the same time.
        try scene.write("new")
        let commit = try await scene.repository.publish()
        try await scene.reconciling(journal: journal) {
            try await scene.settled(at: commit, in: journal)
            try await eventually("all are as before") {
                for record in before {
                    guard let now = try await journal.reader.job(record.key), now.phase == record.phase,
                        now.run == record.run
                    else { return false }
                }
                return true
            }
            for record in before {
                let now = try #require(try await journal.reader.job(record.key))
                #expect(now.attribution == record.attribution, "\(record.key)")
                #expect(now.applied?.digest == record.applied?.digest)
                #expect(now.issues == record.issues)
            }
        }
        #expect(scene.backend.running == [scene.run("runs", 1), scene.run("new", 1)])
        #expect(scene.backend.calls.count { if case .start = $0 { true } else { false } } == starts + 1)
    }

    @Test
    func `a run that turns up while its job's row is lost is not taken for one whose file is gone`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.comparison = .milliseconds(100) }) {
            try scene.write("runs")
            let head = try await scene.repository.publish()
            try await scene.settled(at: head)
            try await execute("DELETE FROM job WHERE id = 'runs'", in: scene)
            try await eventually("it is known again, with its file") {
                let record = try await scene.record("runs")
                return record?.blob != nil && record?.run == 1 && record?.applied != nil && record?.dirty == nil
            }
        }
        #expect(scene.backend.calls == [.start(scene.run("runs", 1))])
    }
}
