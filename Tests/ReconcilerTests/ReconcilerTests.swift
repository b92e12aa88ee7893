import Foundation
import JobFile
import Jobs
import Journal
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ReconcilerTests {
    @Test
    func `each kind of change makes the calls that it needs and no more`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls == [.start(scene.run("one", 1))])

            try scene.write("one") { $0.description = "Another" }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.dropFirst() == [.update(scene.run("one", 1))])
            #expect(try await scene.record("one")?.applied?.description == "Another")

            try scene.write("one") { $0.args = ["--more"] }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.dropFirst(2) == [.stop(scene.run("one", 1)), .start(scene.run("one", 2))])

            try scene.write("one") { job in
                job.args = ["--more"]
                job.more = [#""runPolicy": {"suspend": true}"#]
            }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.last == .stop(scene.run("one", 2)))
            try await eventually("it is suspended") { try await scene.record("one")?.phase == .suspended }

            try scene.write("one") { $0.args = ["--more"] }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.last == .start(scene.run("one", 2)))

            try scene.repository.remove(scene.path("one"))
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.last == .stop(scene.run("one", 2)))
            #expect(try await scene.record("one") == nil)

            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls.last == .start(scene.run("one", 3)))
        }
    }

    @Test
    func `the intent is in the journal before the backend is called, and the outcome after`() async throws {
        let scene = try await ReconcilerScene()
        let seen = Mutex<[Bool]>([])
        scene.backend.beforeCall { _ in
            let actions = try? await scene.actions(of: "one")
            seen.withLock { $0.append(actions == ["create nil"]) }
        }
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
        }
        #expect(seen.withLock { $0 } == [true])
        #expect(try await scene.actions(of: "one") == ["create done"])
    }

    @Test
    func `what finished is not drift and a restart starts nothing`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.finish(scene.run("one", 1), as: .succeeded)
            try await eventually("it is shown as finished") { try await scene.record("one")?.phase == .succeeded }
        }
        try await scene.reconciling {
            try scene.write("two")
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls == [.start(scene.run("one", 1)), .start(scene.run("two", 1))])
        }
    }

    @Test
    func `a backend that is away keeps its job waiting and no other, and is tried again`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .unavailable("the cluster is away"))
        try await scene.reconciling {
            try scene.write("one")
            try scene.write("two")
            try await scene.repository.publish()
            try await eventually("the other job runs") { try await scene.record("two")?.phase == .running }
            try await eventually("the fault is shown") {
                try await scene.record("one")?.issues.map(\.message) == ["the cluster is away"]
            }
            scene.backend.fail("one", with: nil)
            try await eventually("it runs") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("one")?.issues == [])
        }
    }

    @Test
    func `a backend that repeats a secret in its message makes it no part of the record`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .refused(#"env[0].value: Invalid value: "hunt\"er2": or hunt"er2"#))
        try scene.write("one") { $0.more = [#""environment": {"API_TOKEN": "hunt\"er2"}"#] }
        let commit = try await scene.repository.publish()
        try await scene.reconciling {
            try await eventually("it is refused") { try await scene.record("one")?.status.reason == "Refused" }
            let message = try #require(try await scene.record("one")?.status.message)
            #expect(message == #"env[0].value: Invalid value: "***": or ***"#)
            #expect(try await scene.journal.reader.commit(commit)?.actions.map(\.error) == [message])
        }
    }

    @Test
    func `a change whose code is not there fails and the old run goes on`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            try scene.write("one") { $0.workdir = "nowhere" }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(scene.backend.calls == [.start(scene.run("one", 1))])
            let record = try #require(try await scene.record("one"))
            #expect(record.run == 1)
            #expect(record.phase == .running)
            #expect(record.issues.first?.message.contains("no folder \"nowhere\"") == true)
        }
    }

    @Test
    func `a cluster that is not configured holds its jobs and says so`() async throws {
        let scene = try await ReconcilerScene()
        let clusters = Clusters(backends: [scene.backend], members: ["default": .init(kind: "scripted", backend: 0)])
        try await scene.reconciling(clusters: clusters) {
            try scene.write("one")
            try scene.write("two", cluster: "elsewhere")
            try await scene.repository.publish()
            try await eventually("the configured one runs") { try await scene.record("one")?.phase == .running }
            try await eventually("the other says why it does not") {
                try await scene.record("two", cluster: "elsewhere")?.issues.first?.message.contains("\"elsewhere\"")
                    == true
            }
            #expect(scene.backend.calls == [.start(scene.run("one", 1))])
        }
    }

    @Test
    func `pushes during a slow stop are not lost and the newest wins`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            let (gate, open) = AsyncStream<Void>.makeStream()
            scene.backend.beforeCall { call in
                if call == .stop(RunID(key: JobKey(cluster: "default", partition: "team-a", id: "one"), number: 1)) {
                    for await _ in gate { break }
                }
            }
            try scene.write("one") { $0.args = ["second"] }
            try await scene.repository.publish()
            try await eventually("the stop is under way") { scene.backend.calls.last == .stop(scene.run("one", 1)) }
            try scene.write("one") { $0.args = ["third"] }
            try scene.write("two")
            let last = try await scene.repository.publish()
            try await eventually("another job does not wait for it") {
                try await scene.record("two")?.phase == .running
            }
            open.yield()
            try await scene.settled(at: last)
            #expect(try await scene.record("one")?.applied?.args == ["third"])
            #expect(scene.backend.running == [scene.run("one", 3), scene.run("two", 1)])
        }
    }

    @Test
    func `a branch that is deleted stops nothing and is reported`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            try await TestSupport.run(["git", "update-ref", "-d", "refs/heads/main"], in: scene.repository.bare)
            try await eventually("it is reported") {
                try await scene.journal.reader.status()?.repositoryError?.contains("is gone") == true
            }
            #expect(scene.backend.running == [scene.run("one", 1)])
            try await scene.repository.push()
            try await eventually("it heals") { try await scene.journal.reader.status()?.isHealthy == true }
            #expect(scene.backend.calls.count == 1)
        }
    }

    @Test
    func `a rewritten branch is compared tree with tree, also when the old commit is gone`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("stays")
            try scene.write("goes")
            try await scene.settled(at: try await scene.repository.publish())
            try await scene.repository.git("checkout", "--quiet", "--orphan", "fresh")
            try scene.repository.remove(scene.path("goes"))
            let commit = try await scene.repository.commit("Begin anew")
            try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
            try await TestSupport.run(
                ["git", "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"],
                in: scene.repository.bare
            )
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [scene.run("goes", 1), scene.run("stays", 1)])
            #expect(try await scene.record("goes")?.issues.first?.message.contains("rewritten") == true)
            let approval = try await scene.repository.publish("Go on\n\nPrune: approve")
            try await scene.settled(at: approval)
            #expect(scene.backend.running == [scene.run("stays", 1)])
        }
    }

    @Test
    func `a symbolic link in a job's place holds the job, and one in no job's place becomes none`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            for id in ["one", "new"] {
                try? scene.repository.remove(scene.path(id))
                try FileManager.default.createSymbolicLink(
                    atPath: scene.repository.clone + "/" + scene.path(id),
                    withDestinationPath: "/etc/passwd"
                )
            }
            try await scene.settled(at: try await scene.repository.publish())
            #expect(try await scene.record("one")?.phase == .running)
            #expect(try await scene.record("one")?.issues.first?.message.contains("symbolic link") == true)
            #expect(try await scene.record("new") == nil)
            #expect(scene.backend.calls.count == 1)
        }
    }

    @Test
    func `an intent that was cut off after its start is not started twice`() async throws {
        let scene = try await ReconcilerScene()
        try scene.write("one")
        let commit = try await scene.repository.publish()
        // What a kill between the call and the note of its outcome leaves: the backend has the run, the journal the intent.
        let job = try #require(JobFile.read(Array(JobText().text.utf8), at: scene.key("one")).job)
        try await scene.backend.start(
            RunRequest(id: scene.run("one", 1), job: job, commit: commit, codeFolder: nil)
        )
        try await scene.reconciling {
            try await scene.settled(at: commit)
            #expect(scene.backend.calls == [.start(scene.run("one", 1))])
            #expect(try await scene.record("one")?.run == 1)
        }
    }

    @Test
    func `a replacement that failed half-way and is taken back leaves the old run running`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            let (backend, second) = (scene.backend, scene.run("one", 2))
            backend.beforeCall { call in
                if call == .start(second) {
                    backend.fail("one", with: .unavailable("no room"))
                }
            }
            try scene.write("one") { $0.args = ["other"] }
            try await scene.repository.publish()
            try await eventually("the start failed") {
                try await scene.record("one")?.issues.first?.message == "no room"
            }
            try scene.write("one")
            let commit = try await scene.repository.publish()
            try await eventually("the change back is known") { try await scene.journal.head() == commit }
            backend.beforeCall(nil)
            backend.fail("one", with: nil)
            try await scene.settled(at: commit)
            #expect(backend.running == [scene.run("one", 1)])
            try await eventually("it is shown as running") { try await scene.record("one")?.phase == .running }
        }
    }

    @Test
    func `a delete that could not be done and is taken back leaves the job running`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.fail("one", with: .unavailable("the cluster is away"))
            try scene.repository.remove(scene.path("one"))
            try await scene.repository.publish()
            try await eventually("it is being deleted") { try await scene.record("one")?.phase == .deleting }
            scene.backend.fail("one", with: nil)
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            try await eventually("it is shown as running") { try await scene.record("one")?.phase == .running }
            #expect(scene.backend.running.count == 1)
        }
    }

    @Test
    func `a run that vanished is started again, and one that had finished is not`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try scene.write("two")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.finish(scene.run("two", 1), as: .succeeded)
            try await eventually("it is shown as finished") { try await scene.record("two")?.phase == .succeeded }
        }
        scene.backend.forget(scene.run("one", 1))
        scene.backend.forget(scene.run("two", 1))
        try await scene.reconciling {
            try await eventually("the open one runs again") { scene.backend.running == [scene.run("one", 1)] }
            try await eventually("it is shown as running") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("two")?.phase == .succeeded)
        }
    }
}
