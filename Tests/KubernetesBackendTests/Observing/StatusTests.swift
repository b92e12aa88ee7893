import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

@Suite
struct StatusTests {
    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run of which nothing has begun is pending`(flavor: KubernetesSettings.Flavor) throws {
        let status = try #require(try Fixture.view(flavor).status)
        #expect(status.phase == .pending && status.replicas.map(\.state) == [.pending, .pending, .pending])
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run is running as soon as a replica is`(flavor: KubernetesSettings.Flavor) throws {
        let view = try Fixture.view(
            flavor,
            conditions: [Fixture.condition("Created")],
            pods: [
                try Fixture.pod("worker", 1, phase: "Running", state: Fixture.running, restarts: 2),
                try Fixture.pod("worker", 0, phase: "Pending"),
            ]
        )
        let status = try #require(view.status)
        #expect(status.phase == .running && status.completionTime == nil)
        #expect(status.startTime == APITime.date("2026-01-01T00:00:10Z"))
        #expect(status.replicas.map(\.state) == [.pending, .running, .pending])
        #expect(status.replicas[1].node == "node-1" && status.replicas[1].restartCount == 2)
    }

    @Test(
        arguments: [
            (
                ["waiting": ["reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""]], [:],
                Phase.preparing, "ImagePullBackOff",
                "worker-0 its container can't start: ImagePullBackOff: Back-off pulling image \"x\""
            ),
            (
                [:],
                [
                    "conditions": [
                        [
                            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                            "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
                        ]
                    ]
                ],
                .queued, "Unschedulable",
                "worker-0 has no node: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
            ),
            (["waiting": ["reason": "ContainerCreating"]], [:], .preparing, "", ""),
            (
                ["waiting": ["reason": "PodInitializing"]],
                [
                    "initContainerStatuses": [
                        ["name": "code", "state": ["terminated": ["exitCode": 1, "message": "no such commit"]]]
                    ]
                ],
                .preparing, "InitContainerFailed",
                "worker-0 its code can't be fetched: exit code 1: no such commit"
            ),
        ] as [(JSONValue, JSONValue, Phase, String, String)]
    )
    func `why a run does not start is said in words`(
        state: JSONValue,
        podStatus: JSONValue,
        phase: Phase,
        reason: String,
        message: String
    ) throws {
        let pod = try Fixture.pod("worker", 0, phase: "Pending", state: state, status: podStatus)
        let status = try #require(try Fixture.view(.tfjob, pods: [pod]).status)
        #expect(status.phase == phase && status.reason == reason && status.message == message)
    }

    @Test
    func `the operator's word decides a TFJob, and what was still up is shown as the run ended`() throws {
        let view = try Fixture.view(
            .tfjob,
            conditions: [Fixture.condition("Running"), Fixture.condition("Succeeded")],
            pods: [
                try Fixture.pod("worker", 0, phase: "Succeeded", state: Fixture.exited(0)),
                try Fixture.pod("ps", 0, phase: "Running", state: Fixture.running),
            ]
        )
        let status = try #require(view.status)
        #expect(status.phase == .succeeded && status.completionTime == APITime.date("2026-01-01T00:01:00Z"))
        #expect(status.replicas.map(\.state) == [.succeeded, .succeeded, .succeeded])
        #expect(status.replicas.map(\.exitCode) == [0, nil, nil])
    }

    @Test(arguments: [(3, "exited with code 3"), (137, "exited with code 137")])
    func `a failed run says which replica failed, and how`(code: Int, message: String) throws {
        let failed = try Fixture.pod("worker", 1, phase: "Failed", state: Fixture.exited(code))
        let tfjob = try Fixture.view(
            .tfjob,
            conditions: [Fixture.condition("Failed", reason: "TFJobFailed", message: "1 Worker replica(s) failed")],
            pods: [failed]
        )
        let jobs = try Fixture.view(
            .job,
            pods: [failed],
            jobs: [try Fixture.job("worker", conditions: [Fixture.condition("Failed")]), try Fixture.job("ps")]
        )
        for view in [tfjob, jobs] {
            let status = try #require(view.status)
            #expect(status.phase == .failed && status.reason == "ReplicaFailed")
            #expect(status.message == "worker-1 \(message)")
            #expect(status.replicas[1].exitCode == code && status.completionTime != nil)
        }
    }

    @Test
    func `without a pod that tells, the operator's reason is shown`() throws {
        let condition = Fixture.condition("Failed", reason: "TFJobFailed", message: "active longer than the deadline")
        let status = try #require(try Fixture.view(.tfjob, conditions: [condition]).status)
        #expect(status.reason == "TFJobFailed" && status.message == "active longer than the deadline")
    }

    @Test
    func `a failed pod fails a run of Indexed Jobs only where its Job has given up`() throws {
        let pods = [
            try Fixture.pod("worker", 0, phase: "Failed", state: Fixture.exited(130), uid: "first"),
            try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running, uid: "second", version: 2),
        ]
        let open = try Fixture.view(.job, pods: pods, jobs: [try Fixture.job("worker"), try Fixture.job("ps")])
        let status = try #require(open.status)
        #expect(status.phase == .running && status.replicas[0].restartCount == 1)
        #expect(status.replicas[0].state == .running)
    }

    @Test
    func `Indexed Jobs have succeeded when worker 0 has, whatever the parameter server does`() throws {
        let view = try Fixture.view(
            .job,
            pods: [try Fixture.pod("ps", 0, phase: "Running", state: Fixture.running)],
            jobs: [try Fixture.job("worker", completed: "0"), try Fixture.job("ps")]
        )
        #expect(view.status?.phase == .succeeded)
        let other = try Fixture.view(
            .job,
            jobs: [try Fixture.job("worker", completed: "1"), try Fixture.job("ps")]
        )
        #expect(other.status?.phase == .pending)
    }

    @Test
    func `a Job that passed its deadline fails the run with its reason`() throws {
        let condition = Fixture.condition("Failed", reason: "DeadlineExceeded", message: "was active too long")
        let view = try Fixture.view(
            .job,
            jobs: [try Fixture.job("worker", conditions: [condition]), try Fixture.job("ps")]
        )
        #expect(view.status?.phase == .failed && view.status?.reason == "DeadlineExceeded")
        #expect(view.status?.message == "the run was active for longer than runPolicy.activeDeadlineSeconds allows")
    }

    @Test
    func `the end that a Job tells waits some seconds for the pod that says why`() throws {
        let failed = Fixture.condition("FailureTarget", reason: "BackoffLimitExceeded", message: "it failed")
        let jobs = [try Fixture.job("worker", conditions: [failed]), try Fixture.job("ps")]
        let running = try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running)
        let view = try Fixture.view(.job, pods: [running], jobs: jobs)
        let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
        #expect(view.status(now: end + 1)?.phase == .running)
        #expect(view.status(now: end + 3)?.reason == "BackoffLimitExceeded")
        let ended = try Fixture.pod("worker", 0, phase: "Failed", state: Fixture.exited(3))
        let told = try #require(try Fixture.view(.job, pods: [ended], jobs: jobs).status(now: end + 1))
        #expect(told.phase == .failed && told.replicas[0].exitCode == 3)
    }

    @Test
    func `restarts count over the whole run`() throws {
        let pods = try (0..<2).map {
            try Fixture.pod("worker", $0, phase: "Running", state: Fixture.running, restarts: 2)
        }
        let view = try Fixture.view(.job, pods: pods, jobs: [try Fixture.job("worker"), try Fixture.job("ps")])
        #expect(view.status?.phase == .failed && view.status?.reason == "BackoffLimitExceeded")
    }

    @Test
    func `where Always acts as OnFailure the job says so, unless there is more to say`() throws {
        func status(_ scope: String, _ flavor: KubernetesSettings.Flavor, _ phase: String) throws -> RunStatus {
            let text = """
                {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "runPolicy": {"restartScope": "\(scope)"}, "replicas": [
                  {"type": "worker", "restartPolicy": "Always", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
                """
            let state = phase == "Running" ? Fixture.running : Fixture.exited(0)
            let end: JSONValue = phase == "Succeeded" && flavor == .tfjob ? [Fixture.condition("Succeeded")] : []
            let view = try Fixture.view(
                flavor,
                of: text,
                conditions: end,
                pods: [try Fixture.pod("worker", 0, phase: phase, state: state)],
                jobs: flavor == .job ? [try Fixture.job("worker", completed: phase == "Succeeded" ? "0" : "")] : []
            )
            return try #require(view.status)
        }
        for phase in ["Running", "Succeeded"] {
            #expect(try status("Replica", .tfjob, phase).message.isEmpty)
            for (scope, flavor, cause) in [
                ("Replica", KubernetesSettings.Flavor.job, "flavor: job"), ("Job", .job, "restartScope: Job"),
                ("Job", .tfjob, "restartScope: Job"),
            ] {
                let status = try status(scope, flavor, phase)
                #expect(status.reason == "AlwaysActsAsOnFailure" && status.phase.rawValue == phase.lowercased())
                #expect(status.message.hasPrefix("worker: with \(cause) restartPolicy Always acts as OnFailure"))
            }
        }
    }

    @Test
    func `completed indexes are read as ranges`() throws {
        let job = try Fixture.job("worker", completed: "0,3-5,9")
        #expect((0..<11).filter { job.hasCompleted($0) } == [0, 3, 4, 5, 9])
    }

    @Test(
        arguments: [
            (#""progressDeadlineSeconds": 60"#, [.tfjob, .job], "ProgressIsNotWatched"),
            (#""retryExitCodes": [3], "restartScope": "Replica""#, [.tfjob], "ExitCodesAreNotRetried"),
            (#""restartScope": "Replica""#, [.tfjob], "RestartsAreNotCounted"),
            (#""retryExitCodes": [3], "restartScope": "Job""#, [], ""),
            (#""gracePeriodSeconds": 5, "restartScope": "Job""#, [], ""),
        ] as [(String, Set<KubernetesSettings.Flavor>, String)]
    )
    func `a running job says which keys of its policy have no effect`(
        policy: String,
        flavors: Set<KubernetesSettings.Flavor>,
        reason: String
    ) throws {
        let text = """
            {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "runPolicy": {\(policy)}, "replicas": [
              {"type": "worker", "restartPolicy": "ExitCode", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
            """
        for flavor in KubernetesSettings.Flavor.allCases {
            let view = try Fixture.view(
                flavor,
                of: text,
                pods: [try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running)],
                jobs: flavor == .job ? [try Fixture.job("worker")] : []
            )
            let status = try #require(view.status)
            #expect(status.phase == .running && status.reason == (flavors.contains(flavor) ? reason : ""))
        }
    }
}
