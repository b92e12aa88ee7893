import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// What a backend refuses before anything started is held, and tried again.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RefusalTests {
    private static let never = Duration.seconds(3600)

    private func waitForRefusal(of id: String, in scene: ReconcilerScene) async throws {
        try await eventually("\(id) is refused") { try await scene.record(id)?.status.reason == "Refused" }
    }

    private func push(_ scene: ReconcilerScene, args: [String] = []) async throws -> String {
        try scene.write("one") { $0.args = args }
        return try await scene.repository.publish()
    }

    @Test
    func `a refused start is held with its sentence, and no fault of its cluster`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .refused("no such image"))
        let clusters = Clusters(backends: [scene.backend], members: ["default": .init(kind: "scripted", backend: 0)])
        try await scene.reconciling(clusters: clusters, change: { $0.refusalDelay = Self.never }) {
            try scene.write("two")
            let commit = try await push(scene)
            try await waitForRefusal(of: "one", in: scene)
            let record = try #require(try await scene.record("one"))
            #expect(record.phase == .held)
            #expect(record.status.message == "no such image")
            #expect(record.issues.map(\.message) == ["no such image"])
            try await eventually("the other job runs") { try await scene.record("two")?.phase == .running }
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .partial)
            #expect(report.actions.map(\.result) == [.held, .done])
            #expect(report.actions.map(\.error) == ["no such image", nil])
            try await eventually("the service is healthy") {
                try await scene.journal.reader.status()?.clusters.map(\.reachable) == [true]
            }
            #expect(try await scene.journal.reader.status()?.isHealthy == true)
            #expect(try await scene.journal.reader.backlog() == (0, 1))
            #expect(scene.backend.calls.count { $0 == .start(scene.run("one", 1)) } == 1)
        }
    }

    @Test
    func `it is tried again until it runs, and then has no issue`() async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .refused("no such image"))
        try await scene.reconciling(change: { $0.refusalDelay = .milliseconds(20) }) {
            let commit = try await push(scene)
            try await eventually("it is tried again") { scene.backend.calls.count > 2 }
            #expect(try await scene.record("one")?.phase == .held)
            scene.backend.fail("one", with: nil)
            try await scene.settled(at: commit)
            try await eventually("it runs") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("one")?.issues == [])
            #expect(try await scene.journal.reader.commit(commit)?.state == .applied)
            #expect(try await scene.record("one")?.run == 1)
        }
    }

    enum Cause: CaseIterable {
        case push
        case restart
        case announcement
    }

    @Test(arguments: Cause.allCases)
    func `it is tried at once when its cause may be gone`(cause: Cause) async throws {
        let scene = try await ReconcilerScene()
        scene.backend.fail("one", with: .refused("no such image"))
        // A rest that ends by itself is far away; an announcement waits for the shortest.
        let delay = cause == .announcement ? Duration.milliseconds(100) : Self.never
        try await scene.reconciling(change: { $0.refusalDelay = delay }) {
            _ = try await push(scene)
            try await waitForRefusal(of: "one", in: scene)
            scene.backend.fail("one", with: nil)
            switch cause {
            case .push: try await scene.settled(at: try await push(scene, args: ["changed"]))
            case .restart: break
            case .announcement:
                scene.backend.announceChange(of: scene.run("one", 1))
                try await scene.settled(at: try #require(try await scene.journal.head()))
            }
        }
        try await scene.reconciling {
            try await eventually("it runs") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("one")?.issues == [])
        }
    }

    @Test
    func `a replacement that the check refuses leaves the old run going`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.refusalDelay = .milliseconds(20) }) {
            try await scene.settled(at: try await push(scene))
            scene.backend.refuseRequests("no such image")
            let commit = try await push(scene, args: ["changed"])
            try await eventually("it is refused") {
                try await scene.record("one")?.issues.map(\.message) == ["no such image"]
            }
            #expect(try await scene.record("one")?.phase == .running)
            #expect(scene.backend.calls == [.start(scene.run("one", 1))])
            scene.backend.refuseRequests(nil)
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [scene.run("one", 2)])
            #expect(try await scene.record("one")?.issues == [])
        }
    }

    @Test
    func `a replacement that is refused after the stop is held, and the old definition runs again`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.refusalDelay = .milliseconds(20) }) {
            try await scene.settled(at: try await push(scene))
            let (backend, second) = (scene.backend, scene.run("one", 2))
            backend.beforeCall { call in
                backend.fail("one", with: call == .start(second) ? .refused("exceeded quota") : nil)
            }
            _ = try await push(scene, args: ["changed"])
            try await waitForRefusal(of: "one", in: scene)
            #expect(try await scene.record("one")?.phase == .held)
            #expect(try await scene.record("one")?.issues.map(\.message) == ["exceeded quota"])
            #expect(backend.running.isEmpty)
            try await scene.settled(at: try await push(scene))
            #expect(backend.running == [scene.run("one", 1)])
            try await eventually("it runs") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("one")?.issues == [])
        }
    }

    @Test
    func `a finished run whose replacement is refused stays finished, also when the change is taken back`()
        async throws
    {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.refusalDelay = .milliseconds(20) }) {
            try await scene.settled(at: try await push(scene))
            let run = scene.run("one", 1)
            scene.backend.finish(run, as: .succeeded)
            try await eventually("it has ended") { try await scene.record("one")?.phase == .succeeded }
            scene.backend.forget(run)
            scene.backend.fail("one", with: .refused("exceeded quota"))
            _ = try await push(scene, args: ["changed"])
            try await eventually("it is refused") { try await scene.record("one")?.issues.isEmpty == false }
            #expect(try await scene.record("one")?.phase == .succeeded)
            try await scene.settled(at: try await push(scene))
            #expect(try await scene.record("one")?.phase == .succeeded)
            #expect(try await scene.record("one")?.issues == [])
            #expect(scene.backend.calls.count { $0 == .start(run) } == 1)
        }
    }

    @Test(arguments: [ActionKind.suspend, .delete, .update])
    func `any refused action is tried again`(kind: ActionKind) async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling(change: { $0.refusalDelay = .milliseconds(20) }) {
            try await scene.settled(at: try await push(scene))
            scene.backend.fail("one", with: .refused("no rights"))
            switch kind {
            case .suspend: try scene.write("one") { $0.more = [#""runPolicy": {"suspend": true}"#] }
            case .delete: try scene.repository.remove(scene.path("one"))
            default: try scene.write("one") { $0.description = "Changed in place" }
            }
            let commit = try await scene.repository.publish()
            try await eventually("it is tried again") { scene.backend.calls.count > 2 }
            #expect(try await scene.record("one")?.issues.map(\.message) == ["no rights"])
            scene.backend.fail("one", with: nil)
            try await scene.settled(at: commit)
            #expect(scene.backend.running.isEmpty == (kind != .update))
            #expect(try await scene.record("one")?.issues ?? [] == [])
        }
    }
}
