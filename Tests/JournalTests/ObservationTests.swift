import Foundation
import Jobs
import Journal
import Testing

@Suite
struct ObservationTests {
    private static func run(_ number: Int) -> RunID { RunID(key: JournalScene.key, number: number) }

    private func sceneWithSecondRun() async throws -> JournalScene {
        let scene = try JournalScene()
        try await scene.takeIn("one", JournalScene.job())
        try await scene.act(.create, "one", run: 1, job: JournalScene.job())
        try await scene.takeIn("two", JournalScene.job("second"))
        try await scene.act(.replace, "two", run: 2, job: JournalScene.job("second"), status: RunStatus())
        return scene
    }

    @Test
    func `a status is kept whole, to the millisecond`() async throws {
        let scene = try await sceneWithSecondRun()
        let began = JournalScene.now.addingTimeInterval(0.125)
        let replica = ReplicaStatus(
            type: .worker,
            index: 1,
            state: .failed,
            restartCount: 2,
            startTime: began,
            exitCode: 137,
            node: "here"
        )
        let status = RunStatus(
            phase: .failed,
            reason: "ReplicaFailed",
            message: "worker-1 \"ended\"",
            startTime: began,
            completionTime: began,
            replicas: [replica]
        )
        #expect(try await scene.journal.observe(Self.run(2), status))
        #expect(try await scene.record()?.status == status)
        #expect(try await !scene.journal.observe(Self.run(2), status))
    }

    @Test(arguments: [0, 1, 3])
    func `only the newest run is observed`(number: Int) async throws {
        let scene = try await sceneWithSecondRun()
        #expect(try await !scene.journal.observe(Self.run(number), RunStatus(phase: .failed)))
        #expect(try await scene.record()?.phase == .pending)
    }

    @Test
    func `a job that is being deleted stays so, whatever its run does`() async throws {
        let scene = try await sceneWithSecondRun()
        try await scene.takeIn("three", .gone)
        try await scene.journal.showPhase(.deleting, of: JournalScene.key)
        #expect(try await !scene.journal.observe(Self.run(2), RunStatus(phase: .failed)))
        #expect(try await scene.record()?.phase == .deleting)
        try await scene.act(.delete, "three", run: 2, job: nil)
        #expect(try await !scene.journal.observe(Self.run(2), RunStatus(phase: .failed)))
    }

    @Test
    func `a delete that was begun and is taken back by a file that can't be used is followed again`() async throws {
        let scene = try await sceneWithSecondRun()
        try await scene.takeIn("three", .gone)
        try await scene.journal.showPhase(.deleting, of: JournalScene.key)
        try await scene.takeIn("four", nil, issues: [JournalScene.issue])
        try await scene.act(.hold, "four", run: 2, outcome: .held, job: nil)
        #expect(try await scene.record()?.phase == .unknown)
        #expect(try await scene.journal.observe(Self.run(2), RunStatus(phase: .suspended)))
        #expect(try await scene.record()?.phase == .suspended)
    }

    @Test
    func `a phase is shown and the rest of the status stays`() async throws {
        let scene = try await sceneWithSecondRun()
        let status = RunStatus(phase: .running, startTime: JournalScene.now)
        try await scene.journal.observe(Self.run(2), status)
        try await scene.journal.showPhase(.restarting, of: JournalScene.key)
        #expect(try await scene.record()?.status.phase == .restarting)
        #expect(try await scene.record()?.status.startTime == JournalScene.now)
    }

    @Test
    func `a run that is not known is adopted, one that is known or old is not`() async throws {
        let scene = try JournalScene()
        func observation(_ number: Int) -> RunObservation {
            RunObservation(
                id: Self.run(number),
                job: JournalScene.job("run \(number)"),
                commit: "one",
                status: RunStatus(phase: .running)
            )
        }
        #expect(try await scene.journal.adopt(observation(2)))
        let record = try #require(try await scene.record())
        #expect(record.appliedJob == AppliedJob(job: JournalScene.job("run 2"), run: 2))
        #expect(record.phase == .running)
        #expect(record.attribution.commit == "one")
        #expect(record.desiredJob == .absent)
        #expect(record.dirty == nil)
        #expect(try await !scene.journal.adopt(observation(2)))
        #expect(try await !scene.journal.adopt(observation(1)))
        #expect(try await scene.journal.adopt(observation(3)))
        #expect(try await scene.record()?.run == 3)
    }

    @Test(arguments: [[1, 2, 3], [3, 1, 2], [2, 3, 1]])
    func `the runs of a lost journal have the commits of their own records, in any order`(order: [Int]) async throws {
        let scene = try JournalScene()
        try await scene.takeIn("newest", JournalScene.job())
        for number in order {
            let observation = RunObservation(
                id: RunID(key: JournalScene.key, number: number),
                job: JournalScene.job("version \(number)"),
                commit: "file \(number)",
                runCommit: "code \(number)",
                status: RunStatus(phase: number == 3 ? .running : .suspended)
            )
            _ = try await scene.journal.adopt(observation)
        }
        let page = try #require(try await scene.journal.reader.runRecords(of: JournalScene.key))
        #expect(page.items.map(\.id.number) == [3, 2, 1])
        #expect(page.items.map(\.commit) == ["file 3", "file 2", "file 1"])
        #expect(page.items.map(\.runCommit) == ["code 3", "code 2", "code 1"])
        #expect(page.items.map(\.phase) == ["running", "stopped", "stopped"])
        #expect(page.items.map { $0.job?.name } == ["version 3", "version 2", "version 1"])
    }

    @Test
    func `an adopted run and its unchanged file need nothing`() async throws {
        let scene = try JournalScene()
        let job = JournalScene.job()
        _ = try await scene.journal.adopt(
            RunObservation(id: Self.run(4), job: job, commit: "one", status: RunStatus(phase: .succeeded))
        )
        try await scene.takeIn("one", job)
        let record = try #require(try await scene.record())
        #expect(Plan.action(desired: record.desiredJob, applied: record.appliedJob) == nil)
        #expect(record.phase == .succeeded)
    }

    @Test
    func `how the service fares is noted and read back`() async throws {
        let scene = try JournalScene()
        var status = ServiceStatus(
            repositoryURL: "file:///srv/jobs.git",
            branch: "main",
            clusters: [ServiceStatus.Cluster(id: "default", backend: "local")]
        )
        #expect(status.isHealthy)
        try await scene.journal.recordStatus(status)
        status.lastFetch = JournalScene.now
        status.clusters[0].reachable = false
        #expect(!status.isHealthy)
        try await scene.journal.recordStatus(status)
        #expect(try await scene.journal.reader.status() == status)
    }
}
