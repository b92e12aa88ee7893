import Foundation
import Jobs
import Testing

@Suite
struct RunProgressTests {
    private static let start = Date(timeIntervalSince1970: 1_000_000)

    /// Steps with their times in seconds, what is asked for at which time, and the answer.
    @Test(
        arguments: [
            ([], 0, nil), ([(0, 5)], 0, RunProgress(step: 5, of: 100)),
            ([(0, 5), (10, 25)], 10, RunProgress(step: 25, of: 100, rate: 2, secondsLeft: 38)),
            // The rate is one of the last minute.
            ([(0, 0), (60, 60), (120, 80)], 120, RunProgress(step: 80, of: 100, rate: 0.333, secondsLeft: 61)),
            ([(0, 0), (10, 10)], 69, RunProgress(step: 10, of: 100, rate: 1, secondsLeft: 90)),
            // Without a step for a minute the rate is unknown.
            ([(0, 0), (10, 10)], 70, RunProgress(step: 10, of: 100)),
            // The same step again has no effect; an earlier one begins the measurement again.
            ([(0, 5), (10, 25), (20, 25)], 20, RunProgress(step: 25, of: 100, rate: 2, secondsLeft: 38)),
            ([(0, 50), (10, 70), (20, 60)], 20, RunProgress(step: 60, of: 100)),
            ([(0, 50), (10, 70), (20, 60), (30, 65)], 30, RunProgress(step: 65, of: 100, rate: 0.5, secondsLeft: 70)),
            // Clocks may be wrong, and scripts may report anything.
            ([(10, 5), (0, 25)], 10, RunProgress(step: 25, of: 100)),
            ([(0, 5), (0, 25)], 0, RunProgress(step: 25, of: 100)), ([(0, -1)], 0, nil), ([(0, .max)], 0, nil),
            ([(0, 0), (10, 150)], 10, RunProgress(step: 150, of: 100, rate: 15, secondsLeft: 0)),
            (
                [(0, 0), (7, 1 << 52)], 7,
                RunProgress(step: 1 << 52, of: 100, rate: 643_371_375_338_642, secondsLeft: 0)
            ),
        ] as [([(Double, Int)], Double, RunProgress?)]
    )
    func `the rate is that of the last minute`(steps: [(Double, Int)], time: Double, progress: RunProgress?) {
        var history = StepHistory()
        for (time, step) in steps {
            history.record(step, of: 100, at: Self.start + time)
        }
        #expect(history.progress(at: Self.start + time) == progress)
        #expect(history.step == progress?.step)
    }

    @Test
    func `without the number of all steps there is a rate, and no time left`() {
        var history = StepHistory()
        history.record(0, of: nil, at: Self.start)
        history.record(1, of: nil, at: Self.start + 8)
        #expect(history.progress(at: Self.start + 8) == RunProgress(step: 1, rate: 0.125))
        history.record(1, of: -1, at: Self.start + 8)
        #expect(history.progress(at: Self.start + 8) == RunProgress(step: 1, rate: 0.125))
        history.record(2, of: 1 << 53, at: Self.start + 16)
        #expect(history.progress(at: Self.start + 16)?.secondsLeft == 3_155_760_000)
    }

    @Test
    func `a restart keeps the step and begins the measurement again`() {
        var history = StepHistory()
        history.record(0, of: 100, at: Self.start)
        history.record(10, of: 100, at: Self.start + 10)
        history.interrupt()
        #expect(history.progress(at: Self.start + 11) == RunProgress(step: 10, of: 100))
        history.record(10, of: 100, at: Self.start + 40)
        history.record(15, of: 100, at: Self.start + 50)
        #expect(history.progress(at: Self.start + 50)?.rate == 0.5)
    }

    @Test
    func `a status of an earlier version has no progress`() throws {
        let text = #"{"phase": "running", "reason": "", "message": "", "replicas": []}"#
        let status = try JSONDecoder().decode(RunStatus.self, from: Data(text.utf8))
        #expect(status == RunStatus(phase: .running))
        let encoded = String(decoding: try JSONEncoder().encode(status), as: UTF8.self)
        #expect(!encoded.contains("progress") && !encoded.contains("saved"))
    }

    @Test
    func `placeholders in folders are replaced`() {
        let resources = Resources(cpu: CPUQuantity(millicores: 1), memory: MemoryQuantity(bytes: 1, text: "1"))
        var job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "/train.py",
            replicas: [ReplicaGroup(type: .worker, count: 1, resource: resources)]
        )
        (job.checkpointDir, job.eventDir) = ("/data/{id}", "/data/{run}/{replica}/{run}")
        let folders = job.folders(run: 3, replica: "worker-0")
        #expect(folders.map(\.path) == ["/data/{id}", "/data/3/worker-0/3"])
        #expect(folders.map(\.variable) == ["TFJOB_CHECKPOINT_DIR", "TFJOB_EVENT_DIR"])
    }
}
