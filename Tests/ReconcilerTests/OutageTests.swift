import Foundation
import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// Backends that are away: each for itself, told in `ping` and in the reports, and compared with the journal when it is back.
@Suite(.timeLimit(.minutes(hangLimit)))
struct OutageTests {
    private static func clusters(_ backends: [ScriptedBackend]) -> Clusters {
        let members = ["default", "other"].enumerated().map { ($1, Clusters.Member(kind: "scripted", backend: $0)) }
        return Clusters(backends: backends, members: Dictionary(uniqueKeysWithValues: members))
    }

    private func cluster(_ id: String, in scene: ReconcilerScene) async throws -> ServiceStatus.Cluster? {
        try await scene.journal.reader.status()?.clusters.first { $0.id == id }
    }

    @Test
    func `a backend that is away at the start keeps neither the service nor another cluster waiting`() async throws {
        let scene = try await ReconcilerScene()
        let other = ScriptedBackend()
        other.beAway("the API does not answer")
        try scene.write("one")
        try scene.write("two", cluster: "other")
        let commit = try await scene.repository.publish()
        try await scene.reconciling(clusters: Self.clusters([scene.backend, other])) {
            try await eventually("the other cluster's job runs") { try await scene.record("one")?.phase == .running }
            try await eventually("the outage shows") { try await cluster("other", in: scene)?.reachable == false }
            #expect(try await cluster("other", in: scene)?.error == "the API does not answer")
            #expect(try await cluster("default", in: scene)?.reachable == true)
            try await eventually("its job is held") { try await scene.record("two", cluster: "other")?.phase == .held }
            let record = try #require(try await scene.record("two", cluster: "other"))
            #expect(record.issues.map(\.message) == ["the API does not answer"])
            #expect(record.status.reason == "Postponed")
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .partial)
            #expect(report.actions.map(\.kind) == [.create, .hold])
            #expect(report.actions.map(\.result) == [.done, .held])
            #expect(report.actions.map(\.error) == [nil, "the API does not answer"])
            #expect(try await scene.journal.reader.backlog() == (0, 1))

            other.beAway(nil)
            try await scene.settled(at: commit)
            try await eventually("it runs") { try await scene.record("two", cluster: "other")?.phase == .running }
            #expect(try await scene.journal.reader.commit(commit)?.state == .applied)
            #expect(try await scene.journal.reader.backlog() == (0, 0))
            try await eventually("all is well") { try await cluster("other", in: scene)?.reachable == true }
            #expect(try await cluster("other", in: scene)?.error == nil)
        }
    }

    @Test
    func `what happened during an outage is seen after it`() async throws {
        let scene = try await ReconcilerScene()
        let other = ScriptedBackend()
        try await scene.reconciling(clusters: Self.clusters([scene.backend, other])) {
            for id in ["ends", "vanishes", "stays"] {
                try scene.write(id, cluster: "other")
            }
            try await scene.settled(at: try await scene.repository.publish())
            func run(_ id: String) -> RunID { RunID(key: scene.key(id, cluster: "other"), number: 1) }
            try await eventually("it runs") { try await scene.record("ends", cluster: "other")?.phase == .running }
            other.beAway("the API does not answer")
            other.finish(run("ends"), as: .succeeded)
            other.forget(run("vanishes"))
            try await eventually("the outage shows") { try await cluster("other", in: scene)?.reachable == false }
            #expect(try await scene.record("ends", cluster: "other")?.phase == .running)
            other.beAway(nil)
            try await eventually("the end is seen") {
                try await scene.record("ends", cluster: "other")?.phase == .succeeded
            }
            try await eventually("what vanished runs again") { other.running == [run("vanishes"), run("stays")] }
            #expect(other.calls.count { $0 == .start(run("stays")) } == 1)
            #expect(other.calls.count { $0 == .start(run("vanishes")) } == 2)
        }
    }

    @Test
    func `a call that does not come through shows at its cluster until the action is done`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .unavailable("no room to write"))
        try await scene.reconciling(clusters: Self.clusters([scene.backend, ScriptedBackend()])) {
            try scene.write("one")
            let commit = try await scene.repository.publish()
            try await eventually("it shows") {
                try await cluster("default", in: scene)?.error == "no room to write"
            }
            #expect(try await scene.record("one")?.phase == .held)
            scene.backend.fail("one", with: nil)
            try await scene.settled(at: commit)
            try await eventually("it is well") { try await cluster("default", in: scene)?.reachable == true }
        }
    }

    @Test
    func `a cluster that is not configured holds its jobs in the report and in the counts`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(clusters: Self.clusters([scene.backend, ScriptedBackend()])) {
            try scene.write("two", cluster: "elsewhere")
            let commit = try await scene.repository.publish()
            try await eventually("it is held") { try await scene.record("two", cluster: "elsewhere")?.phase == .held }
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .held)
            #expect(report.actions.map(\.result) == [.held])
            #expect(report.actions[0].error?.contains("\"elsewhere\" is not configured") == true)
            #expect(try await scene.journal.reader.backlog() == (0, 1))
        }
        // As after a restart with another configuration.
        try await scene.reconciling {
            try await eventually("it runs") { try await scene.record("two", cluster: "elsewhere")?.phase == .running }
            #expect(try await scene.journal.reader.backlog() == (0, 0))
        }
    }

    @Test
    func `runs are compared every now and then, also without an outage`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.comparison = .milliseconds(50) }) {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.forget(scene.run("one", 1))
            try await eventually("it runs again") { scene.backend.running == [scene.run("one", 1)] }
        }
    }

    @Test
    func `a finished job that the cluster has cleaned up is not run again by a suspension`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.finish(scene.run("one", 1), as: .succeeded)
            try await eventually("it is shown as finished") { try await scene.record("one")?.phase == .succeeded }
            scene.backend.forget(scene.run("one", 1))
            try scene.write("one") { $0.more = [#""runPolicy": {"suspend": true}"#] }
            try await scene.settled(at: try await scene.repository.publish())
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            let update = ScriptedBackend.Call.update(scene.run("one", 1))
            #expect(scene.backend.calls == [.start(scene.run("one", 1)), update, update])
            #expect(try await scene.record("one")?.phase == .succeeded)
        }
    }

    @Test
    func `a job whose code can't be had waits for it`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .unavailable("not yet"))
        try await scene.reconciling {
            try scene.write("one")
            try await scene.repository.publish()
            try await eventually("it is tried") { !scene.backend.calls.isEmpty }
        }
        scene.backend.fail("one", with: nil)
        let calls = scene.backend.calls.count
        let away = scene.folder.path("away")
        // Code that was taken out before would do without the repository.
        try FileManager.default.removeItem(atPath: scene.folder.path("code"))
        try FileManager.default.moveItem(atPath: scene.repository.bare, toPath: away)
        try await scene.reconciling {
            try await eventually("it says what it waits for") {
                try await scene.record("one")?.issues.first?.message.contains("its code can't be had") == true
            }
            #expect(scene.backend.calls.count == calls)
            try FileManager.default.moveItem(atPath: away, toPath: scene.repository.bare)
            try await eventually("it runs") { try await scene.record("one")?.phase == .running }
        }
    }
}
