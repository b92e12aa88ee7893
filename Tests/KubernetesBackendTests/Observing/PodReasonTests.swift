import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// What pods and their owners say about a run, in words.
@Suite
struct PodReasonTests {
    static let deleted: JSONValue = ["deletionTimestamp": "2026-01-01T00:00:40Z"]

    static func disruption(_ reason: String) -> JSONValue {
        [
            "conditions": [
                ["type": "DisruptionTarget", "status": "True", "reason": .string(reason), "message": "so it is"]
            ]
        ]
    }

    /// How a pod failed, and what is said of it.
    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var state = Fixture.exited(143)
        var metadata: JSONValue = [:]
        var status: JSONValue = [:]
        let reason: String
        let text: String
        var code: Int? = 143
    }

    static let failures: [Failure] = [
        Failure(testDescription: "an exit code", reason: "ReplicaFailed", text: "exited with code 143"),
        Failure(
            testDescription: "deleted by hand",
            metadata: deleted,
            reason: "PodDeleted",
            text: "was deleted (exit code 143)"
        ),
        Failure(
            testDescription: "deleted before it ran",
            state: [:],
            metadata: deleted,
            reason: "PodDeleted",
            text: "was deleted",
            code: nil
        ),
        Failure(
            testDescription: "preempted",
            metadata: deleted,
            status: disruption("PreemptionByScheduler"),
            reason: "Preempted",
            text: "was preempted by a pod of higher priority (exit code 143): so it is"
        ),
        Failure(
            testDescription: "evicted by the node",
            state: [:],
            status: JSONValue.object(["reason": "Evicted", "message": "The node was low on memory."])
                .merging(disruption("TerminationByKubelet")),
            reason: "Evicted",
            text: "was evicted by its node: The node was low on memory.",
            code: nil
        ),
        Failure(
            testDescription: "evicted by the API",
            metadata: deleted,
            status: disruption("EvictionByEvictionAPI"),
            reason: "Evicted",
            text: "was evicted through the API (exit code 143): so it is"
        ),
        Failure(
            testDescription: "the node is gone",
            state: [:],
            status: disruption("DeletionByPodGC"),
            reason: "NodeLost",
            text: "was deleted because its node is gone: so it is",
            code: nil
        ),
        Failure(
            testDescription: "the node shut down",
            state: [:],
            status: ["reason": "Terminated", "message": "Pod was terminated in response to imminent node shutdown."],
            reason: "Terminated",
            text:
                "was ended because its node shut down: Pod was terminated in response to imminent node shutdown.",
            code: nil
        ),
    ]

    @Test(arguments: failures, KubernetesSettings.Flavor.allCases)
    func `a pod that failed says who ended it, with its exit code`(
        failure: Failure,
        flavor: KubernetesSettings.Flavor
    ) throws {
        let pod = try Fixture.pod(
            "worker",
            1,
            phase: "Failed",
            state: failure.state,
            metadata: failure.metadata,
            status: failure.status
        )
        let condition = Fixture.condition("Failed", reason: "TFJobFailed", message: "it failed")
        var view = try Fixture.view(
            flavor,
            conditions: flavor == .tfjob ? [condition] : [],
            pods: [pod],
            jobs: flavor == .job
                ? [try Fixture.job("worker", conditions: [condition]), try Fixture.job("ps")] : []
        )
        if failure.reason == "PodDeleted" {
            // Until it is known that the namespace stays, the run may be gone and not failed.
            #expect(view.status?.phase == .running && view.status?.message == "worker-1 \(failure.text)")
            view.isDeletionConfirmed = true
        }
        let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
        let status = try #require(view.status(now: end))
        #expect(status.phase == .failed && status.reason == failure.reason)
        #expect(status.message == "worker-1 \(failure.text)")
        #expect(status.replicas[1].exitCode == failure.code)
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `of a replica's pods the newest gives code and message`(flavor: KubernetesSettings.Flavor) throws {
        let pods = [
            try Fixture.pod(
                "worker",
                0,
                phase: "Failed",
                state: Fixture.exited(143, at: 20),
                uid: "first",
                metadata: Self.deleted
            ),
            try Fixture.pod("worker", 0, phase: "Failed", state: Fixture.exited(2), uid: "second", version: 2),
        ]
        let condition = Fixture.condition("Failed", reason: "TFJobFailed", message: "it failed")
        for pods in [pods, pods.reversed()] {
            let view = try Fixture.view(
                flavor,
                conditions: flavor == .tfjob ? [condition] : [],
                pods: pods,
                jobs: flavor == .job
                    ? [try Fixture.job("worker", conditions: [condition]), try Fixture.job("ps")] : []
            )
            #expect(view.status?.message == "worker-0 exited with code 2")
            #expect(view.status?.replicas[0].exitCode == 2)
        }
    }

    @Test(arguments: [
        ("DeadlineExceeded", "Job was active longer than specified deadline", KubernetesSettings.Flavor.job),
        ("TFJobFailed", "Job m has failed because it was active longer than specified deadline", .tfjob),
    ])
    func `a deadline is shown at once, while pods are still ending`(
        reason: String,
        message: String,
        flavor: KubernetesSettings.Flavor
    ) throws {
        let text = Fixture.two.replacing(
            #"{"runtime""#,
            with: #"{"runPolicy": {"activeDeadlineSeconds": 60}, "runtime""#
        )
        let condition = Fixture.condition(flavor == .job ? "FailureTarget" : "Failed", reason: reason, message: message)
        let view = try Fixture.view(
            flavor,
            of: text,
            conditions: flavor == .tfjob ? [condition] : [],
            pods: [
                try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running),
                try Fixture.pod("worker", 1, phase: "Failed", state: Fixture.exited(143), metadata: Self.deleted),
            ],
            jobs: flavor == .job
                ? [try Fixture.job("worker", conditions: [condition]), try Fixture.job("ps")] : []
        )
        let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
        let status = try #require(view.status(now: end))
        #expect(status.phase == .failed && status.reason == "DeadlineExceeded")
        #expect(
            status.message == "the run was active for longer than runPolicy.activeDeadlineSeconds allows (60 s)"
        )
    }

    @Test(arguments: [
        ("BackoffLimitExceeded", "Job has reached the specified backoff limit", KubernetesSettings.Flavor.job),
        ("TFJobFailed", "Job m has failed because it has reached the specified backoff limit", .tfjob),
    ])
    func `a limit of restarts is shown with the last exit code`(
        reason: String,
        message: String,
        flavor: KubernetesSettings.Flavor
    ) throws {
        let text = """
            {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "runPolicy": {"backoffLimit": 2, "restartScope": "Replica"},
             "replicas": [{"type": "worker", "count": 2, "restartPolicy": "OnFailure",
                           "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
            """
        let condition = Fixture.condition("Failed", reason: reason, message: message)
        let crashed: JSONValue = [
            "containerStatuses": [
                [
                    "name": "tensorflow", "restartCount": 2,
                    "state": ["waiting": ["reason": "CrashLoopBackOff"]],
                    "lastState": Fixture.exited(9),
                ]
            ]
        ]
        let view = try Fixture.view(
            flavor,
            of: text,
            conditions: flavor == .tfjob ? [condition] : [],
            pods: [try Fixture.pod("worker", 1, phase: "Running", metadata: Self.deleted, status: crashed)],
            jobs: flavor == .job ? [try Fixture.job("worker", conditions: [condition])] : []
        )
        let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
        let status = try #require(view.status(now: end))
        #expect(status.phase == .failed && status.reason == "BackoffLimitExceeded")
        #expect(
            status.message
                == "worker-1 exited with code 9; replicas were restarted 2 times, and runPolicy.backoffLimit is 2"
        )
    }
}
