import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct DependencyTests {
    private func write(_ id: String, after ids: String..., in scene: ReconcilerScene) throws {
        let list = ids.map { "\"\($0)\"" }.joined(separator: ", ")
        try scene.write(id) { $0.more = ids.isEmpty ? [] : [#""dependsOn": [\#(list)]"#] }
    }

    @Test
    func `a job starts when those that it waits for have succeeded`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try write("prepare", in: scene)
            try write("train", after: "prepare", in: scene)
            try write("test", after: "train", "prepare", in: scene)
            let commit = try await scene.repository.publish()
            let waiting = try await firstValue("the others wait") { () async throws -> JobRecord? in
                guard scene.backend.running == [scene.run("prepare", 1)] else { return nil }
                return try await scene.record("test").flatMap { $0.phase == .queued ? $0 : nil }
            }
            #expect(waiting.status.message.contains("train"))
            // The commit has nothing more to do: the ends of the others start what waits. The outcome of a start is recorded after
            // the backend has it.
            let report = try await firstValue("the commit counts as applied") { () async throws -> CommitReport? in
                try await scene.journal.reader.commit(commit).flatMap { $0.state == .applied ? $0 : nil }
            }
            #expect(report.actions.filter(\.isWaiting).map(\.key.id) == ["test", "train"])
            scene.backend.finish(scene.run("prepare", 1), as: .succeeded)
            try await eventually("train runs") { scene.backend.running == [scene.run("train", 1)] }
            scene.backend.finish(scene.run("train", 1), as: .succeeded)
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [scene.run("test", 1)])
            #expect(try await scene.journal.reader.commit(commit)?.state == .applied)
        }
    }

    @Test
    func `an unknown id and a circle hold their jobs, and let them go when they are mended`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try write("one", after: "two", in: scene)
            try write("two", after: "three", in: scene)
            try write("three", after: "one", in: scene)
            try write("lost", after: "nowhere", in: scene)
            let commit = try await scene.repository.publish()
            try await scene.settled(at: commit)
            #expect(scene.backend.calls.isEmpty)
            let one = try #require(try await scene.record("one"))
            #expect(one.phase == .held)
            #expect(one.issues.map(\.pointer) == ["/dependsOn/0"])
            #expect(one.issues.first?.message.contains("circle") == true)
            #expect((one.issues.first?.line ?? 0) > 1)
            #expect(try await scene.record("lost")?.issues.first?.message.contains("nowhere") == true)
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .held)
            #expect(report.issues.count == 4)

            try write("three", in: scene)
            try write("nowhere", in: scene)
            let mended = try await scene.repository.publish()
            try await eventually("the first two run") {
                scene.backend.running == [scene.run("three", 1), scene.run("nowhere", 1)]
            }
            for id in ["three", "nowhere", "two"] {
                try await eventually("\(id) runs") { scene.backend.running.contains(scene.run(id, 1)) }
                scene.backend.finish(scene.run(id, 1), as: .succeeded)
            }
            try await scene.settled(at: mended)
            #expect(scene.backend.running == [scene.run("one", 1), scene.run("lost", 1)])
            #expect(try await scene.record("one")?.issues == [])
        }
    }

    @Test
    func `a job that runs goes on when what it waited for is deleted`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try write("prepare", in: scene)
            try write("train", after: "prepare", in: scene)
            let commit = try await scene.repository.publish()
            try await eventually("it runs") { scene.backend.running.contains(scene.run("prepare", 1)) }
            scene.backend.finish(scene.run("prepare", 1), as: .succeeded)
            try await scene.settled(at: commit)
            try scene.repository.remove(scene.path("prepare"))
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.running == [scene.run("train", 1)])
            let train = try #require(try await scene.record("train"))
            #expect(train.phase == .running)
            #expect(train.issues.first?.message.contains("there is no job \"prepare\"") == true)
        }
    }

    /// As after a kill in the middle of the delete: the run is stopped, and the job is still shown as one that goes.
    @Test
    func `a job that waits shows what became of its run where its delete was begun and taken back`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try write("train", in: scene)
            try write("prepare", in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            let run = scene.run("train", 1)
            try await scene.backend.stop(run)
            try await scene.journal.showPhase(.deleting, of: run.key)
            try write("train", after: "prepare", in: scene)
            let commit = try await scene.repository.publish()
            try await eventually("it is shown as stopped") { try await scene.record("train")?.phase == .suspended }
            #expect(scene.backend.running == [scene.run("prepare", 1)])
            scene.backend.finish(scene.run("prepare", 1), as: .succeeded)
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [run])
        }
    }
}
