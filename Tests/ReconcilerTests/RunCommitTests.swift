import Foundation
import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// Which commit's tree a run uses: the branch tip when it first starts.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RunCommitTests {
    /// The script that a start got.
    private func script(_ request: RunRequest?) throws -> String {
        let folder = try #require(request?.codeFolder)
        return try String(contentsOfFile: "\(folder)/job.py", encoding: .utf8)
    }

    private func suspend(_ id: String, in scene: ReconcilerScene) throws {
        try scene.write(id) { $0.more = [#""runPolicy": {"suspend": true}"#] }
    }

    @Test
    func `a push of three commits runs the code of the last, though the job file is of the second`() async throws {
        let scene = try await ReconcilerScene()
        try scene.repository.write("evil", to: "code/job.py")
        try await scene.repository.commit("Hide something")
        try scene.write("one")
        let file = try await scene.repository.commit("Add the job")
        try scene.repository.write("good", to: "code/job.py")
        let tip = try await scene.repository.publish("Take it back")
        try await scene.reconciling { try await scene.settled(at: tip) }
        let request = try #require(scene.backend.requests.first)
        #expect(try script(request) == "good")
        #expect(request.commit == file)
        #expect(request.runCommit == tip)
        let record = try #require(try await scene.record("one"))
        #expect(record.runCommit == tip)
        #expect(record.attribution.commit == file)
    }

    @Test
    func `a job that waited gets the code of the tip when it starts`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.repository.write("old", to: "code/job.py")
            try scene.write("first")
            try scene.write("second") { $0.more = [#""dependsOn": ["first"]"#] }
            try await scene.repository.publish()
            try await eventually("the second waits") { try await scene.record("second")?.phase == .queued }
            #expect(try await scene.record("second")?.runCommit == nil)
            try scene.repository.write("new", to: "code/job.py")
            let tip = try await scene.repository.publish("Change the code alone")
            try await eventually("the commit is taken in") { try await scene.journal.head() == tip }
            scene.backend.finish(scene.run("first", 1), as: .succeeded)
            try await scene.settled(at: tip)
            #expect(try scene.backend.requests.map(script) == ["old", "new"])
            #expect(try await scene.record("second")?.runCommit == tip)
            #expect(try await scene.record("first")?.runCommit != tip)
        }
    }

    @Test
    func `a run keeps its code when it is resumed, vanishes or the journal is lost, also after a force-push`()
        async throws
    {
        let scene = try await ReconcilerScene()
        var first = ""
        try await scene.reconciling {
            try scene.repository.write("old", to: "code/job.py")
            try scene.write("one")
            first = try await scene.repository.publish()
            try await scene.settled(at: first)
            try suspend("one", in: scene)
            try await scene.settled(at: try await scene.repository.publish())

            // The commit is gone from the repository, and the file comes back with another code.
            try await scene.repository.git("checkout", "--quiet", "--orphan", "anew")
            try scene.repository.write("new", to: "code/job.py")
            try scene.write("one")
            let tip = try await scene.repository.commit("Begin anew")
            try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
            try await TestSupport.run(["git", "reflog", "expire", "--expire=now", "--all"], in: scene.repository.bare)
            try await TestSupport.run(["git", "gc", "--quiet", "--prune=now"], in: scene.repository.bare)
            try await scene.settled(at: tip)
            #expect(scene.backend.requests.map(\.runCommit) == [first, first])
            #expect(try scene.backend.requests.map(script) == ["old", "old"])
            #expect(try await scene.record("one")?.runCommit == first)
        }

        scene.backend.forget(scene.run("one", 1))
        try await scene.reconciling {
            try await eventually("it is started again") { scene.backend.requests.count == 3 }
            #expect(try script(scene.backend.requests.last) == "old")
            try await scene.settled(at: try #require(try await scene.journal.head()))
        }

        let folder = scene.folder.url.appendingPathComponent("lost")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let journal = try Journal(folder: folder)
        try await scene.reconciling(journal: journal) {
            try await scene.settled(at: try #require(try await scene.journal.head()), in: journal)
            #expect(try await journal.reader.job(scene.key("one"))?.runCommit == first)
        }

        // Another run has the code of the tip.
        try scene.write("one") { $0.args = ["again"] }
        let next = try await scene.repository.commit("Change the job")
        try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
        try await scene.reconciling {
            try await scene.settled(at: next)
            #expect(try script(scene.backend.requests.last) == "new")
            #expect(try await scene.record("one")?.runCommit == next)
        }
    }

    @Test(arguments: [Phase.running, .succeeded])
    func `an in-place change reaches the backend, and the run keeps its commit`(phase: Phase) async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            let first = try await scene.repository.publish()
            try await scene.settled(at: first)
            if phase != .running {
                scene.backend.finish(scene.run("one", 1), as: phase)
                try await eventually("it has ended") { try await scene.record("one")?.phase == phase }
            }
            try scene.write("one") { $0.description = "Changed in place" }
            let second = try await scene.repository.publish()
            try await scene.settled(at: second)
            #expect(scene.backend.calls == [.start(scene.run("one", 1)), .update(scene.run("one", 1))])
            let observation = try #require(try await scene.backend.observe(scene.run("one", 1)))
            #expect(observation.job.description == "Changed in place")
            #expect(observation.commit == second)
            #expect(observation.runCommit == first)
            #expect(observation.status.phase == phase)
            #expect(try await scene.record("one")?.runCommit == first)
        }
    }

    @Test
    func `a job that was added suspended gets the tip when it is resumed`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try suspend("one", in: scene)
            try await scene.settled(at: try await scene.repository.publish())
            #expect(try await scene.record("one")?.runCommit == nil)
            try scene.write("one")
            let tip = try await scene.repository.publish()
            try await scene.settled(at: tip)
            #expect(try await scene.record("one")?.runCommit == tip)
        }
    }

    @Test
    func `the same tree is exported once for all commits, and the export of an older version is used`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.repository.write("same", to: "code/job.py")
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            try scene.write("two")
            let commit = try await scene.repository.commit()
            try await scene.repository.push()
            try await scene.settled(at: commit)
            let folders = scene.backend.requests.compactMap(\.codeFolder)
            #expect(folders.count == 2)
            #expect(Set(folders).count == 1)

            try scene.write("three")
            let next = try await scene.repository.commit()
            let old = scene.folder.path("code/\(next)/folder-code")
            try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
            try await scene.repository.push()
            try await scene.settled(at: next)
            #expect(scene.backend.requests.last?.codeFolder == old)
        }
    }
}
