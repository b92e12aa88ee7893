import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// Why a run waits, and how it is shown before its pods are seen.
@Suite
struct WaitingReasonTests {
    @Test(arguments: [
        (
            "CrashLoopBackOff", "back-off 10s restarting failed container=tensorflow",
            "worker-0 its container ends again and again: CrashLoopBackOff: back-off 10s restarting failed container=tensorflow; it exited with code 1"
        ),
        (
            "CreateContainerConfigError", "no",
            "worker-0 its container can't start: CreateContainerConfigError: no; it exited with code 1"
        ),
    ])
    func `a container that waits is not running, whatever the phase of its pod`(
        reason: String,
        message: String,
        sentence: String
    ) throws {
        let waiting: JSONValue = [
            "containerStatuses": [
                [
                    "name": "tensorflow", "restartCount": 1,
                    "state": ["waiting": ["reason": .string(reason), "message": .string(message)]],
                    "lastState": Fixture.exited(1),
                ]
            ]
        ]
        let pod = try Fixture.pod("worker", 0, phase: "Running", status: waiting)
        let alone = try #require(try Fixture.view(.tfjob, pods: [pod]).status)
        #expect(alone.phase == .restarting && alone.replicas[0].state == .pending)
        #expect(alone.reason == reason && alone.message == sentence)
        let other = try Fixture.pod("ps", 0, phase: "Running", state: Fixture.running)
        let both = try #require(try Fixture.view(.tfjob, pods: [pod, other]).status)
        #expect(both.phase == .running && both.reason == reason)
    }

    @Test
    func `a replica that is started again says why until it runs`() throws {
        let ended = try Fixture.pod(
            "worker",
            0,
            phase: "Failed",
            state: Fixture.exited(143),
            uid: "first",
            status: PodReasonTests.disruption("PreemptionByScheduler")
        )
        let next = try Fixture.pod("worker", 0, phase: "Pending", uid: "second", version: 2)
        let status = try #require(try Fixture.view(.tfjob, pods: [ended, next]).status)
        #expect(status.phase == .restarting && status.reason == "Preempted")
        #expect(
            status.message
                == "worker-0 was preempted by a pod of higher priority (exit code 143): so it is; it is started again"
        )
        let running = try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running, uid: "second", version: 3)
        #expect(try Fixture.view(.tfjob, pods: [ended, running]).status?.reason == "")
    }

    @Test
    func `where no pods are seen, the owner's counts and conditions hold`() throws {
        func status(_ conditions: JSONValue, _ counts: JSONValue) throws -> RunStatus {
            var store = RunStore()
            store.mergeObject(
                try Fixture.anchor(
                    .tfjob,
                    of: Fixture.two,
                    conditions: conditions,
                    status: ["replicaStatuses": counts, "startTime": "2026-01-01T00:00:05Z"]
                )
            )
            let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
            return try #require(store.runs[Fixture.id]?.status(now: end))
        }
        let running = try status([Fixture.condition("Running")], ["Worker": ["active": 2], "PS": ["active": 1]])
        #expect(running.phase == .running && running.replicas.map(\.state) == [.running, .running, .running])
        #expect(running.startTime == APITime.date("2026-01-01T00:00:05Z"))
        #expect(try status([Fixture.condition("Running")], [:]).phase == .running)
        let half = try status([Fixture.condition("Created")], ["Worker": ["active": 1]])
        #expect(half.phase == .running && half.replicas.map(\.state) == [.running, .pending, .pending])
        let done = try status([Fixture.condition("Succeeded")], ["Worker": ["succeeded": 2]])
        #expect(done.phase == .succeeded && done.completionTime != nil)
    }

    @Test
    func `a Job without pods that are seen says what it counts`() throws {
        let job = try Fixture.job("worker", completed: "1", ready: 1)
        let status = try #require(try Fixture.view(.job, jobs: [job, try Fixture.job("ps")]).status)
        #expect(status.phase == .running && status.replicas.map(\.state) == [.running, .succeeded, .pending])
    }
}
