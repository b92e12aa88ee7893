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

    @Test(arguments: [(11, 55, false), (11, 54, true), (10, 10, false), (12, 12, true), (0, 0, false)])
    func `more than ten and more than a fifth are too many`(deleted: Int, total: Int, isHeld: Bool) {
        let reason = PruneGuard().reason(deleting: deleted, of: total, in: "default", PruneGuard.Range())
        #expect((reason != nil) == isHeld)
    }
}
