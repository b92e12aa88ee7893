import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// Runs whose replicas can't be ended: their stops take no slot for good.
@Suite(.timeLimit(.minutes(hangLimit)))
struct SlowStopTests {
    /// Lets calls through when it is opened.
    private actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func pass() async {
            guard !isOpen else { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            waiting.forEach { $0.resume() }
            waiting = []
        }
    }

    @Test(arguments: [ActionKind.delete, .replace, .suspend])
    func `stops that do not end release their slots, show as deleting, and go on`(_ kind: ActionKind) async throws {
        let scene = try await ReconcilerScene()
        let gate = Gate()
        scene.backend.beforeCall { call in
            if case .stop = call { await gate.pass() }
        }
        let change = { @Sendable (settings: inout Reconciler.Settings) in
            settings.concurrency = 2
            settings.stopAllowance = .milliseconds(100)
        }
        try await scene.reconciling(change: change) {
            for id in ["one", "two", "stays"] { try scene.write(id) }
            try await scene.settled(at: try await scene.repository.publish())
            for id in ["one", "two"] {
                switch kind {
                case .delete: try scene.repository.remove(scene.path(id))
                case .replace: try scene.write(id) { $0.args = ["again"] }
                default: try scene.write(id) { $0.more = [#""runPolicy": {"suspend": true}"#] }
                }
            }
            try await scene.repository.publish()
            try await eventually("both are being stopped") {
                scene.backend.calls.count { if case .stop = $0 { true } else { false } } == 2
            }
            try scene.write("three")
            let commit = try await scene.repository.publish()
            try await eventually("the third runs") { scene.backend.running.contains(scene.run("three", 1)) }
            for id in ["one", "two"] {
                try await eventually("\(id) shows that") { try await scene.record(id)?.phase == .deleting }
            }
            await gate.open()
            try await scene.settled(at: commit)
            let phases = [try await scene.record("one")?.phase, try await scene.record("two")?.phase]
            switch kind {
            case .delete: #expect(phases == [nil, nil])
            case .suspend: #expect(phases == [.suspended, .suspended])
            default: try await eventually("it runs again") { try await scene.record("one")?.phase == .running }
            }
        }
    }

    @Test
    func `a replacement whose slow stop fails shows how its run is`() async throws {
        let scene = try await ReconcilerScene()
        let gate = Gate()
        let change = { @Sendable (settings: inout Reconciler.Settings) in settings.stopAllowance = .milliseconds(100) }
        try await scene.reconciling(change: change) {
            try scene.write("one")
            try await scene.settled(at: try await scene.repository.publish())
            scene.backend.beforeCall { call in
                if case .stop = call { await gate.pass() }
            }
            scene.backend.fail("one", with: .refused("no"))
            try scene.write("one") { $0.args = ["again"] }
            let commit = try await scene.repository.publish()
            try await eventually("it lingers") { try await scene.record("one")?.phase == .deleting }
            await gate.open()
            try await eventually("the action is held") {
                try await scene.journal.reader.commit(commit)?.actions.map(\.result) == [.held]
            }
            try await eventually("it is shown running") { try await scene.record("one")?.phase == .running }
            #expect(try await scene.record("one")?.run == 1)
        }
    }
}
