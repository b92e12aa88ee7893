import Foundation
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct PruneTests {
    /// A scene in which so many jobs run.
    private func scene(_ count: Int, _ body: (ReconcilerScene) async throws -> Void) async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            for number in 0..<count {
                try scene.write("job-\(number)")
            }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running.count == count)
            try await body(scene)
        }
    }

    private func remove(_ numbers: Range<Int>, in scene: ReconcilerScene) throws {
        for number in numbers {
            try scene.repository.remove(scene.path("job-\(number)"))
        }
    }

    @Test
    func `eleven of twelve jobs are kept until a commit approves, and other changes go on`() async throws {
        try await scene(12) { scene in
            try remove(0..<11, in: scene)
            try scene.write("new")
            let commit = try await scene.repository.publish()
            try await scene.settled(at: commit)
            #expect(scene.backend.running.count == 13)
            let record = try #require(try await scene.record("job-3"))
            #expect(record.issues.first?.message.contains("removes 11 of the 12 jobs") == true)
            #expect(record.issues.first?.message.contains("Prune: approve") == true)
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .partial)
            #expect(report.actions.count { $0.kind == .hold && $0.result == .held } == 11)

            let approval = try await scene.repository.publish("Yes, all of them\n\nPrune: approve\n")
            try await scene.settled(at: approval)
            #expect(scene.backend.running == [scene.run("job-11", 1), scene.run("new", 1)])
            let released = try #require(try await scene.journal.reader.commit(approval))
            #expect(released.state == .applied)
            #expect(released.actions.count { $0.kind == .delete && $0.result == .done } == 11)
        }
    }

    @Test
    func `a file that comes back is no longer kept`() async throws {
        try await scene(12) { scene in
            try remove(0..<12, in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running.count == 12)
            try await scene.repository.git("revert", "--no-edit", "HEAD")
            try await scene.repository.push()
            let head = try await scene.repository.commit("Nothing")
            try await scene.repository.push()
            try await scene.settled(at: head)
            #expect(scene.backend.calls.count == 12)
            #expect(try await scene.record("job-0")?.issues == [])
        }
    }

    @Test
    func `ten of twelve jobs are deleted, and so is the last one`() async throws {
        try await scene(11) { scene in
            try remove(0..<10, in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running == [scene.run("job-10", 1)])
            try remove(10..<11, in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running == [])
        }
    }

    @Test
    func `a branch without clusters keeps its jobs`() async throws {
        try await scene(2) { scene in
            try scene.repository.remove("clusters")
            let commit = try await scene.repository.publish()
            try await scene.settled(at: commit)
            #expect(scene.backend.running.count == 2)
            #expect(try await scene.journal.reader.commit(commit)?.state == .held)
        }
    }

    private func approval(_ scene: ReconcilerScene) async throws -> String {
        try await scene.repository.commit("An approval of its time\n\nPrune: approve\n")
    }

    private func force(_ revision: String, in scene: ReconcilerScene) async throws {
        try await scene.repository.git("push", "--quiet", "--force", "origin", "\(revision):refs/heads/main")
        try await scene.settled(at: revision)
    }

    @Test
    func `after a rewrite only the newest commit may approve`() async throws {
        try await scene(3) { scene in
            let base = try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
            try await scene.settled(at: try await scene.repository.publish("Another commit"))
            try await scene.repository.git("reset", "--quiet", "--hard", base)
            _ = try await approval(scene)
            try remove(0..<2, in: scene)
            let deleting = try await scene.repository.commit("Remove two")
            try await force(deleting, in: scene)
            #expect(scene.backend.running.count == 3)
            let report = try #require(try await scene.journal.reader.commit(deleting))
            #expect(report.issues.contains { $0.path == "clusters" && $0.message.contains("the branch was rewritten") })
            try await scene.repository.git("commit", "--quiet", "--amend", "-m", "Remove two\n\nPrune: approve\n")
            let approving = try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
            try await force(approving, in: scene)
            #expect(scene.backend.running == [scene.run("job-2", 1)])
        }
    }

    @Test
    func `an approval counts once, and a way back to an older commit is a rewrite`() async throws {
        try await scene(12) { scene in
            let base = try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
            let old = try await approval(scene)
            try await scene.repository.push()
            try await scene.settled(at: old)
            try await force(base, in: scene)
            let back = try #require(try await scene.journal.reader.commit(base))
            #expect(back.issues.contains { $0.message.contains("does not lead to commit \(old) any more") })
            // The old approval comes again, below a commit that removes nearly everything.
            try remove(0..<11, in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running.count == 12)
            // The newest commit of a rewrite may be old, too.
            try await force(old, in: scene)
            #expect(scene.backend.running.count == 12)
            try await scene.repository.git("reset", "--quiet", "--hard", old)
            let fresh = try await approval(scene)
            try remove(0..<11, in: scene)
            let removing = try await scene.repository.publish()
            try await scene.settled(at: removing)
            #expect(fresh != old)
            #expect(scene.backend.running.count == 1)
        }
    }

    @Test(arguments: [(11, 55, false), (11, 54, true), (10, 10, false), (12, 12, true), (0, 0, false)])
    func `more than ten and more than a fifth are too many`(deleted: Int, total: Int, isHeld: Bool) {
        let reason = PruneGuard().reason(deleting: deleted, of: total, in: "default", PruneGuard.Range())
        #expect((reason != nil) == isHeld)
    }
}
