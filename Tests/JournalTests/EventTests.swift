import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// The events of jobs and the records of runs.
@Suite
struct EventTests {
    private static func run(_ number: Int) -> RunID { RunID(key: JournalScene.key, number: number) }

    private static func running(exit: ReplicaExit? = nil) -> RunStatus {
        var replica = ReplicaStatus(type: .worker, index: 0, state: .running, startTime: JournalScene.now)
        replica.lastExit = exit
        return RunStatus(phase: .running, startTime: JournalScene.now, replicas: [replica])
    }

    private func texts(_ scene: JournalScene, run: Int? = nil) async throws -> [String] {
        try await scene.journal.reader.events(of: JournalScene.key, run: run)?.map {
            "\($0.run) \($0.reason.rawValue) \($0.replica ?? "-") \($0.message)"
        } ?? []
    }

    private func stop(_ kind: ActionKind, _ commit: String, run: Int, _ scene: JournalScene, job: Job?) async throws {
        var status = Self.running(exit: ReplicaExit(time: JournalScene.now, code: 143, wasStopped: true))
        status.phase = .suspended
        let intent = Intent(commit: commit, key: JournalScene.key, kind: kind, run: run)
        for number in try await scene.journal.intend([intent], now: JournalScene.now) {
            try await scene.journal.conclude(
                number,
                intent,
                outcome: .done,
                job: job,
                status: job.map(RunStatus.init(pending:)),
                stopped: StoppedRun(status: status, duration: .seconds(4)),
                now: JournalScene.now
            )
        }
    }

    @Test
    func `a run, its replacement and its removal leave events, newest first`() async throws {
        let scene = try JournalScene()
        #expect(try await scene.journal.reader.events(of: JournalScene.key) == nil)
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, outcome: .refused("there is no image"), job: nil)
        // Another try of the same action, with the same end.
        try await scene.act(.create, "one", run: 1, outcome: .refused("there is no image"), job: nil)
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        try await scene.journal.observe(Self.run(1), Self.running())
        try await scene.takeIn("two", JournalScene.job("second"))
        try await stop(.replace, "two", run: 2, scene, job: JournalScene.job("second"))
        try await scene.journal.observe(Self.run(2), Self.running())
        try await scene.takeIn("three", .gone)
        try await scene.journal.showPhase(.deleting, of: JournalScene.key)
        try await stop(.delete, "three", run: 2, scene, job: nil)
        let second = [
            "2 Stopped - stopped after 4 s", "2 Exited worker-0 exited 143", "2 Started - started",
        ]
        let first = [
            "1 Stopped - stopped after 4 s", "1 Exited worker-0 exited 143", "2 Queued - replace by commit two",
            "1 Started - started", "1 Held - there is no image", "1 Queued - create by commit one",
        ]
        #expect(try await texts(scene) == second + first)
        #expect(try await texts(scene, run: 2) == second + [first[2]])
        #expect(try await scene.journal.reader.events(of: JournalScene.key, limit: 2)?.count == 2)
    }

    @Test
    func `events stand in the history at the action that they followed`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        let exit = ReplicaExit(time: JournalScene.now, code: 1)
        try await scene.journal.observe(Self.run(1), Self.running(exit: exit))
        let items = try #require(try await scene.journal.reader.history(of: JournalScene.key)?.items)
        #expect(items.map { $0.events.map(\.reason) } == [[.queued, .exited, .started]])
    }

    @Test
    func `the newest thousand events of a job are kept`() async throws {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        // Each observation has eight new exits.
        for number in 0..<130 {
            let replicas = (0..<8).map { index in
                var replica = ReplicaStatus(type: .worker, index: index)
                let time = JournalScene.now.addingTimeInterval(Double(number))
                replica.lastExit = ReplicaExit(time: time, code: 1, detail: "\(number)")
                return replica
            }
            try await scene.journal.observe(Self.run(1), RunStatus(phase: .preparing, replicas: replicas))
        }
        let events = try #require(try await scene.journal.reader.events(of: JournalScene.key, limit: 5000))
        #expect(events.count == Journal.keptEvents)
        #expect(events.first.map { "\($0.replica ?? "") \($0.message)" } == "worker-7 exited 1: 129")
        #expect(events.last.map { "\($0.replica ?? "") \($0.message)" } == "worker-0 exited 1: 5")
    }

    @Test
    func `a run's record has its definition, its environment and its replicas, also when the job is gone`() async throws
    {
        let scene = try JournalScene()
        #expect(try await scene.journal.reader.runRecords(of: JournalScene.key) == nil)
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        var status = Self.running()
        let environment = RunEnvironment(python: "3.11.2", platform: "Linux", packages: ["numpy==1.26.4"])
        #expect(try await scene.journal.observe(Self.run(1), status))
        // Nothing but the environment is new.
        #expect(try await scene.journal.observe(Self.run(1), status, environment))
        #expect(try await !scene.journal.observe(Self.run(1), status, environment))
        #expect(try await scene.journal.reader.runRecord(Self.run(1))?.replicas == status.replicas)
        status.phase = .failed
        status.completionTime = JournalScene.now
        status.replicas[0].usage = ReplicaUsage(cpuSeconds: 1.5, peakMemory: 1 << 20, gpuSeconds: 2)
        try await scene.journal.observe(Self.run(1), status, environment)
        try await scene.takeIn("two", JournalScene.job("second"))
        try await scene.act(.replace, "two", run: 2, job: JournalScene.job("second"), status: RunStatus())
        try await scene.journal.observe(Self.run(2), Self.running())
        try await scene.takeIn("three", .gone)
        try await stop(.delete, "three", run: 2, scene, job: nil)
        let reader = try Journal(folder: scene.folder.url).reader
        let page = try #require(try await reader.runRecords(of: JournalScene.key))
        #expect(page.items.map(\.id.number) == [2, 1])
        #expect(page.items.map(\.phase) == ["stopped", "failed"])
        #expect(page.items.map(\.job?.name) == ["second", "first"])
        #expect(page.items.map(\.environment) == [nil, environment])
        #expect(page.items[1].replicas == status.replicas)
        #expect(page.items[0].replicas.map(\.lastExit?.code) == [143])
        let first = try #require(try await reader.runRecords(of: JournalScene.key, limit: 1))
        #expect(first.next == 2 && first.total == 2)
        #expect(try await reader.runRecords(of: JournalScene.key, limit: 1, before: 2)?.items.map(\.id.number) == [1])
        #expect(try await reader.runRecord(Self.run(3)) == nil)
    }
}
