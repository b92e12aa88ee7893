import Foundation
import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// The journal is gone: everything comes back from git and from the backends.
@Suite(.timeLimit(.minutes(hangLimit)))
struct LostJournalTests {
    /// A journal that knows nothing.
    private func fresh(_ scene: ReconcilerScene) throws -> Journal {
        let folder = scene.folder.url.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try Journal(folder: folder)
    }

    @Test
    func `attribution and states come back, and nothing is started`() async throws {
        let scene = try await ReconcilerScene()
        var before: [JobRecord] = []
        try await scene.reconciling {
            for id in ["runs", "ended", "broken", "sleeps"] {
                try scene.write(id)
            }
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.finish(scene.run("ended", 1), as: .succeeded)
            try scene.write("sleeps") { $0.more = [#""runPolicy": {"suspend": true}"#] }
            try scene.repository.write("{", to: scene.path("broken"))
            try await scene.settled(at: try await scene.repository.publish())
            try await eventually("all is noted") {
                let phases = [try await scene.record("ended")?.phase, try await scene.record("sleeps")?.phase]
                return phases == [.succeeded, .suspended]
            }
            for id in ["runs", "ended", "broken", "sleeps"] {
                before.append(try #require(try await scene.record(id)))
            }
        }
        let calls = scene.backend.calls
        let journal = try fresh(scene)
        try await scene.reconciling(journal: journal) {
            let head = try #require(try await scene.journal.head())
            try await scene.settled(at: head, in: journal)
            for record in before {
                let now = try #require(try await journal.reader.job(record.key))
                #expect(now.attribution == record.attribution)
                #expect(now.phase == record.phase, "\(record.key)")
                #expect(now.run == record.run)
                #expect(now.applied?.digest == record.applied?.digest)
                #expect(now.issues == record.issues)
            }
        }
        #expect(scene.backend.calls.filter { if case .start = $0 { true } else { false } }.count == 4)
        // A suspended job may be told so once more; nothing else is touched.
        #expect(scene.backend.calls.dropFirst(calls.count).allSatisfy { $0 == .stop(scene.run("sleeps", 1)) })
    }

    @Test
    func `deletes that were held stay held, and deletes that were done stay done`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            for id in ["one", "two", "three", "done"] {
                try scene.write(id)
            }
            try await scene.settled(at: try await scene.repository.publish())
            try scene.repository.remove(scene.path("done"))
            try await scene.settled(at: try await scene.repository.publish("Remove\n\nPrune: approve"))
            // A branch that is rewritten, without two of the jobs.
            try await scene.repository.git("checkout", "--quiet", "--orphan", "anew")
            try scene.repository.remove(scene.path("one"))
            try scene.repository.remove(scene.path("two"))
            let commit = try await scene.repository.commit("Begin anew")
            try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
            try await scene.settled(at: commit)
            #expect(try await scene.record("one")?.kept != nil)
        }
        let running: Set = [scene.run("one", 1), scene.run("two", 1), scene.run("three", 1)]
        #expect(scene.backend.running == running)
        let journal = try fresh(scene)
        try await scene.reconciling(journal: journal) {
            try await eventually("they are held") {
                try await journal.reader.job(scene.key("one"))?.kept?.contains("rewritten") == true
            }
            let head = try #require(try await journal.head())
            try await scene.settled(at: head, in: journal)
            #expect(try await journal.reader.job(scene.key("two"))?.kept != nil)
            #expect(try await journal.reader.job(scene.key("done")) == nil)
            #expect(scene.backend.running == running)
            let approval = try await scene.repository.publish("Go on\n\nPrune: approve")
            try await scene.settled(at: approval, in: journal)
            #expect(scene.backend.running == [scene.run("three", 1)])
        }
    }

    @Test
    func `a few jobs whose files went while nobody looked are ended`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("goes")
            try scene.write("stays")
            try await scene.settled(at: try await scene.repository.publish())
        }
        try scene.repository.remove(scene.path("goes"))
        let commit = try await scene.repository.publish()
        let journal = try fresh(scene)
        try await scene.reconciling(journal: journal) {
            try await eventually("it is gone") {
                try await journal.head() == commit && scene.backend.running == [scene.run("stays", 1)]
            }
            try await eventually("it is shown no more") { try await journal.reader.job(scene.key("goes")) == nil }
        }
    }
}
