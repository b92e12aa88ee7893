import Foundation
import Jobs
import Testing

/// What becomes an event between two observations of a run.
@Suite
struct RunEventTests {
    private static let now = Date(timeIntervalSince1970: 1_767_225_600)

    private static func at(_ seconds: Double) -> Date { now.addingTimeInterval(seconds) }

    private static func replica(
        _ index: Int,
        _ state: ReplicaStatus.State = .running,
        started: Double? = nil,
        exit: ReplicaExit? = nil
    ) -> ReplicaStatus {
        var replica = ReplicaStatus(type: .worker, index: index, state: state, startTime: started.map(at))
        replica.lastExit = exit
        return replica
    }

    private static func status(
        _ phase: Phase,
        _ message: String = "",
        started: Double? = nil,
        completed: Double? = nil,
        restarts: Int? = nil,
        _ replicas: [ReplicaStatus] = []
    ) -> RunStatus {
        var status = RunStatus(
            phase: phase,
            message: message,
            startTime: started.map(at),
            completionTime: completed.map(at),
            replicas: replicas
        )
        status.restarts = restarts
        return status
    }

    /// `time reason replica: message`, and `!` for a warning.
    private static func text(_ event: RunEvent) -> String {
        let mark = event.kind == .warning ? "!" : ""
        let place = event.replica.map { " \($0)" } ?? ""
        return "\(Int(event.time.timeIntervalSince(now))) \(event.reason.rawValue)\(mark)\(place): \(event.message)"
    }

    private static let killed = ReplicaExit(
        time: at(5),
        code: 137,
        detail: "killed, out of memory (2.1Gi of 2Gi)"
    )

    private static let cases: [(name: String, before: RunStatus?, after: RunStatus, events: [String])] = [
        ("a start", status(.pending), status(.running, started: 1, [replica(0, started: 1)]), ["1 Started: started"]),
        (
            "a run that was never seen and has ended", nil,
            status(
                .succeeded,
                started: 1,
                completed: 7,
                [replica(0, .succeeded, started: 1, exit: ReplicaExit(time: at(6), code: 0))]
            ),
            ["6 Exited worker-0: exited 0", "1 Started: started", "7 Succeeded: succeeded"]
        ),
        (
            "a restart that is still due", status(.running, started: 1, [replica(0, started: 1)]),
            status(.restarting, "why", started: 1, restarts: 1, [replica(0, .failed, started: 1, exit: killed)]),
            ["5 Exited! worker-0: exited 137: killed, out of memory (2.1Gi of 2Gi)", "5 Restarting!: why"]
        ),
        (
            "the new start", status(.restarting, "why", started: 1, restarts: 2, [replica(0, exit: killed)]),
            status(.running, "why", started: 1, restarts: 2, [replica(0, started: 8, exit: killed)]),
            ["8 Restarted: restarted 2 of 3"]
        ),
        (
            "a restart between two observations", status(.running, started: 1, [replica(0, started: 1)]),
            status(.running, "why", started: 1, restarts: 1, [replica(0, started: 6, exit: killed)]),
            [
                "5 Exited! worker-0: exited 137: killed, out of memory (2.1Gi of 2Gi)", "5 Restarting!: why",
                "6 Restarted: restarted 1 of 3",
            ]
        ),
        (
            "a failure", status(.running, started: 1, [replica(0, started: 1)]),
            status(
                .failed,
                "worker-0 exited with code 3",
                started: 1,
                completed: 9,
                [replica(0, .failed, started: 1, exit: ReplicaExit(time: at(8), code: 3))]
            ),
            ["8 Exited! worker-0: exited 3", "9 Failed!: worker-0 exited with code 3"]
        ),
        (
            "an ordered stop", status(.running, started: 1, [replica(0, started: 1)]),
            status(
                .suspended,
                started: 1,
                [replica(0, started: 1, exit: ReplicaExit(time: at(4), code: 143, wasStopped: true))]
            ),
            ["4 Exited worker-0: exited 143"]
        ),
        (
            "a run that is resumed", status(.suspended, started: 1, [replica(0, started: 1)]),
            status(.running, started: 1, [replica(0, started: 20)]), ["20 Started: started again"]
        ),
        (
            "a run that is resumed and was pending meanwhile",
            status(.pending, restarts: 1, [replica(0, exit: killed)]),
            status(.running, started: 1, restarts: 1, [replica(0, started: 20, exit: killed)]),
            ["20 Started: started again"]
        ),
        (
            "a run that is resumed and was prepared meanwhile", status(.preparing, started: 1, [replica(0)]),
            status(.running, started: 1, [replica(0, started: 20)]), ["20 Started: started again"]
        ),
        ("a wait", status(.preparing), status(.preparing, "installing"), ["0 Waiting: installing"]),
        ("the same wait", status(.preparing, "installing"), status(.preparing, "installing"), []),
        ("a wait for the cluster", status(.pending), status(.pending, "no node"), ["0 Waiting!: no node"]),
        (
            "a second replica that starts later", status(.running, started: 1, [replica(0, started: 1)]),
            status(.running, started: 1, [replica(0, started: 1), replica(1, started: 2)]), []
        ),
        (
            "more of a run that has ended", status(.failed, "why", completed: 9),
            status(.failed, "why", completed: 9, [replica(0, .failed, exit: killed)]), []
        ),
    ]

    @Test(arguments: cases.indices)
    func `the difference of two observations becomes events`(index: Int) {
        let sample = Self.cases[index]
        let events = RunEvent.between(
            sample.before,
            and: sample.after,
            run: 4,
            backoffLimit: 3,
            now: Self.now
        )
        #expect(events.map(Self.text) == sample.events, "\(sample.name)")
        #expect(events.allSatisfy { $0.run == 4 })
    }

    @Test
    func `many replicas that end alike have one event together, others their own`() {
        var replicas = (0..<500).map {
            Self.replica($0, .succeeded, exit: ReplicaExit(time: Self.at(Double($0)), code: 0))
        }
        replicas[7] = Self.replica(7, .failed, exit: ReplicaExit(time: Self.at(3), code: 1))
        let events = RunEvent.between(
            Self.status(.running, started: 0),
            and: Self.status(.running, started: 0, replicas),
            run: 1,
            backoffLimit: nil,
            now: Self.now
        )
        #expect(
            events.map(Self.text) == [
                "3 Exited! worker-7: exited 1", "499 Exited: exited 0: 499 replicas, the first is worker-0",
            ]
        )
    }

    @Test(
        arguments: [
            (0, nil, "exited 0"), (1, nil, "exited 1"), (137, nil, "exited 137: killed"),
            (143, nil, "exited 143: ended by SIGTERM"), (139, nil, "exited 139: ended by SIGSEGV"),
            (137, MemoryUse(used: 2_254_857_831, limit: 2 << 30), "exited 137: killed, out of memory (2.2Gi of 2Gi)"),
            (137, MemoryUse(used: 200 << 20, limit: 100 << 20), "exited 137: killed, out of memory (200Mi of 100Mi)"),
        ] as [(Int, MemoryUse?, String)]
    )
    func `an exit is put into words`(code: Int, memory: MemoryUse?, text: String) {
        let detail = ReplicaFailure.Cause.detail(code: code, outOfMemory: memory)
        #expect(ReplicaExit(time: nil, code: code, detail: detail).text == text)
    }

    @Test(
        arguments: [
            (3.6, 360, "stopped after 4 s, saved at step 360"), (0.2, nil, "stopped after 0 s"),
        ] as [(Double, Int?, String)]
    )
    func `a stop is put into words`(seconds: Double, step: Int?, text: String) {
        let event = RunEvent.stopped(after: .seconds(seconds), savedAt: step, run: 1, now: Self.now)
        #expect(event.message == text)
        #expect(event.reason == .stopped)
    }

    @Test
    func `usage adds up over restarts, and unknown figures stay unknown`() {
        var sum = ReplicaUsage()
        sum.add(ReplicaUsage(cpuSeconds: nil, peakMemory: nil, gpuSeconds: 4))
        #expect(sum == ReplicaUsage(gpuSeconds: 4))
        sum.add(ReplicaUsage(cpuSeconds: 1.5, peakMemory: 100, gpuSeconds: 2))
        sum.add(ReplicaUsage(cpuSeconds: 2, peakMemory: 70, gpuSeconds: 0))
        #expect(sum == ReplicaUsage(cpuSeconds: 3.5, peakMemory: 100, gpuSeconds: 6))
    }
}
