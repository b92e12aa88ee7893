import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// Which failure of a run that is restarted as a whole decides, and what it leads to.
@Suite
struct RestartStatusTests {
    private static let disrupted: JSONValue = [
        "conditions": [["type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"]]
    ]

    private func view(
        _ flavor: KubernetesSettings.Flavor,
        chief: (code: Int, second: Int)?,
        worker: (code: Int, second: Int)?,
        reason: String = "BackoffLimitExceeded",
        attempt: Int = 0,
        workerStatus: JSONValue = [:]
    ) throws -> RunView {
        func pod(_ type: String, _ end: (code: Int, second: Int)?, _ status: JSONValue = [:]) throws -> PodObject {
            guard let end else {
                return try Fixture.pod(type, 0, phase: "Running", state: Fixture.running, attempt: attempt)
            }
            let state = Fixture.exited(end.code, at: end.second)
            return try Fixture.pod(type, 0, phase: "Failed", state: state, attempt: attempt, status: status)
        }
        let failed = Fixture.condition("Failed", reason: reason, message: "it failed")
        let number = attempt == 0 ? Attempt.first : Attempt(number: attempt)
        let jobs = try ["chief", "worker"].map { type in
            let end = type == "chief" ? chief : worker
            return try Fixture.job(type, conditions: end == nil ? [] : [failed], attempt: attempt)
        }
        return try Fixture.view(
            flavor,
            of: Fixture.together,
            conditions: flavor == .tfjob ? [failed] : [],
            pods: [try pod("chief", chief), try pod("worker", worker, workerStatus)],
            jobs: flavor == .job ? jobs : [],
            attempt: number
        )
    }

    @Test(
        arguments: [
            // The chief may be restarted for codes of 128 and above, the worker not at all.
            (
                chief: (137, 20), worker: (1, 21), phase: Phase.restarting,
                message: "chief-0 exited with code 137; all replicas"
            ),
            (chief: (137, 21), worker: (1, 20), phase: .failed, message: "worker-0 exited with code 1"),
            (
                chief: (137, 20), worker: (1, 20), phase: .restarting,
                message: "chief-0 exited with code 137; all replicas"
            ),
            (chief: (127, 20), worker: (1, 21), phase: .failed, message: "chief-0 exited with code 127"),
            // With 42, TensorFlow asks for a restart.
            (
                chief: (42, 20), worker: (1, 21), phase: .restarting,
                message: "chief-0 exited with code 42; all replicas"
            ),
        ] as [(chief: (Int, Int), worker: (Int, Int), phase: Phase, message: String)],
        KubernetesSettings.Flavor.allCases
    )
    func `the first failure decides, and of two in one second the one that may be retried`(
        row: (chief: (Int, Int), worker: (Int, Int), phase: Phase, message: String),
        flavor: KubernetesSettings.Flavor
    ) throws {
        let view = try view(flavor, chief: row.chief, worker: row.worker)
        let status = try #require(view.status)
        #expect(status.phase == row.phase && status.message.hasPrefix(row.message), "\(status)")
        #expect((view.restartTime(now: Date()) != nil) == (row.phase == .restarting))
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `what the cluster took away may always be started again`(flavor: KubernetesSettings.Flavor) throws {
        let view = try view(flavor, chief: (1, 30), worker: (143, 20), workerStatus: Self.disrupted)
        #expect(view.status?.phase == .restarting)
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `peers have some seconds to end before it is decided`(flavor: KubernetesSettings.Flavor) throws {
        let view = try view(flavor, chief: (137, 20), worker: nil)
        let (anchor, job) = (try #require(view.anchor), try #require(view.job))
        let end = try #require(view.outcome(anchor, job, view.replicas(of: job)))
        for (seconds, isDecided) in [(4.0, false), (6.0, true)] {
            let now = end.time + seconds
            #expect(view.status(now: now)?.phase == (isDecided ? .restarting : .running))
            #expect((view.restartTime(now: now) != nil) == isDecided)
        }
    }

    @Test
    func `a run is judged by the defaults that it started with`() throws {
        let text = """
            {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "replicas": [
              {"type": "worker", "count": 2, "restartPolicy": "OnFailure",
               "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
            """
        let failed = Fixture.condition("Failed", reason: "TFJobFailed", message: "it failed")
        let pods = try (0..<2).map {
            try Fixture.pod("worker", $0, phase: "Failed", state: Fixture.exited(1, at: 20 + $0))
        }
        var view = try Fixture.view(.tfjob, of: text, conditions: [failed], pods: pods)
        #expect(view.anchor?.defaults == .current && view.status?.phase == .restarting)
        // Version 1 is not written.
        view.anchor?.metadata.annotations?[Marks.defaults] = nil
        #expect(view.anchor?.defaults == .replicaScope && view.status?.phase == .failed)
        view.anchor?.metadata.annotations?[Marks.defaults] = "99"
        #expect(view.anchor?.defaults == .replicaScope)
    }

    @Test
    func `a deadline that has passed is final`() throws {
        let view = try view(.job, chief: (137, 20), worker: (137, 20), reason: "DeadlineExceeded")
        #expect(view.status?.phase == .failed && view.restartTime(now: Date()) == nil)
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `the limit is that of the run, and pauses grow`(flavor: KubernetesSettings.Flavor) throws {
        let second = try view(flavor, chief: (137, 20), worker: (1, 21), attempt: 1)
        let (anchor, job) = (try #require(second.anchor), try #require(second.job))
        let end = try #require(second.outcome(anchor, job, second.replicas(of: job)))
        let pause = second.restartPause(after: 1)
        #expect((9...11).contains(pause))
        #expect(second.restartTime(now: end.time + 6) == end.time + pause)
        func chore(at seconds: TimeInterval) -> Chore? {
            second.chore(flavor, isDelivered: true, checked: [:], now: end.time + seconds)
        }
        #expect(chore(at: pause - 1) == nil && chore(at: pause) == .restartReplicas)
        let last = try view(flavor, chief: (137, 20), worker: (1, 21), attempt: 2)
        #expect(last.status?.phase == .failed && last.status?.reason == "BackoffLimitExceeded")
        #expect(second.restartPause(after: 0) == 0)
        #expect((270...300).contains(second.restartPause(after: 90)))
    }

    @Test
    func `an attempt keeps the time that the run began and what is left of its deadline`() throws {
        var policy = RunPolicy()
        policy.activeDeadlineSeconds = 100
        let start = Date(timeIntervalSince1970: 1_000_000)
        let second = Attempt.first.next(policy, beginning: start, now: start + 30)
        #expect(second == Attempt(number: 1, startTime: start, activeDeadlineSeconds: 70))
        let third = second.next(policy, beginning: start + 40, now: start + 500)
        #expect(third == Attempt(number: 2, startTime: start, activeDeadlineSeconds: 1))
        #expect(AnnotationText.decode(try AnnotationText.encode(third), as: Attempt.self) == third)
        let endless = Attempt.first.next(RunPolicy(), beginning: nil, now: start)
        #expect(endless == Attempt(number: 1))
    }

    @Test
    func `what is left of an earlier attempt is not taken for the newest one`() throws {
        var store = RunStore()
        let old = try Fixture.pod("chief", 0, phase: "Failed", state: Fixture.exited(137), uid: "old")
        _ = store.mergeObject(try Fixture.anchor(.job, of: Fixture.together))
        _ = store.mergeObject(old)
        _ = store.mergeObject(try Fixture.job("chief"))
        let attempt = try AnnotationText.encode(Attempt(number: 1))
        let annotations: JSONValue = [Marks.attempt: .string(attempt)]
        store.acceptMarks(of: Fixture.id, [Marks.attempt: attempt])
        _ = store.mergeObject(
            try Fixture.anchor(.job, of: Fixture.together, version: 2, metadata: ["annotations": annotations])
        )
        _ = store.mergeObject(old)
        _ = store.removeObject(old)
        _ = store.mergeObject(try Fixture.job("chief", version: 3))
        let view = try #require(store.runs[Fixture.id])
        #expect(view.pods.isEmpty && view.jobs.isEmpty && view.status?.phase == .restarting)
        #expect(view.chore(.job, isDelivered: false, checked: [:], now: Date()) == .repairObjects)
    }

    @Test
    func `a run that is gone before it was created again counts on`() throws {
        var store = RunStore()
        let condition = Fixture.condition("Failed")
        let anchor = try Fixture.anchor(.tfjob, of: Fixture.together, conditions: [condition])
        _ = store.mergeObject(anchor)
        for type in ["chief", "worker"] {
            _ = store.mergeObject(try Fixture.pod(type, 0, phase: "Failed", state: Fixture.exited(137)))
        }
        #expect(store.runs[Fixture.id]?.status?.message.contains("worker-0") == false)
        #expect(store.removeObject(anchor) == Fixture.id && store.runs[Fixture.id]?.isSuspect == true)
        store.removeSuspect(Fixture.id)
        #expect(store.restarts.attempts[Fixture.id]?.number == 1 && store.runs.isEmpty)
    }
}
