import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// Causes that the cluster names, from its objects to what users read.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ReasonTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    private static var attentive: KubernetesBackend.Timing {
        var timing = KubernetesBackend.Timing()
        timing.silence = .milliseconds(200)
        return timing
    }

    @Test(
        arguments: [
            (Policy.quota(name: "pods", namespace: "team-a", resource: "pods", limit: 0), "exceeded quota: pods"),
            (.limitRange(namespace: "team-a", cpu: 10), "maximum cpu usage per Container is 10m"),
        ],
        KubernetesSettings.Flavor.allCases
    )
    func `pods that can't be created are explained by events`(
        example: (policy: Policy, sentence: String),
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            await cluster.setPolicies([example.policy])
            try await scene.withBackend(timing: Self.attentive) { backend in
                let request = ClusterScene.request("none", Self.running)
                try await backend.start(request)
                let status = try await firstValue("it says why") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.message.isEmpty == false ? status : nil
                }
                #expect(status.phase == .pending && status.reason.hasPrefix("FailedCreate"))
                #expect(status.message.hasPrefix("its pods can't be created: pods "), "\(status.message)")
                #expect(status.message.contains(example.sentence), "\(status.message)")
                await cluster.setPolicies([])
                try await eventually("it runs, and nothing is left to explain") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .running && status?.reason.isEmpty == true
                }
            }
        }
    }

    @Test
    func `a volume that can't be mounted is explained by the newest event of its pod`() async throws {
        let behaviour = { @Sendable (_: PodDescription) in PodBehaviour.hangs }
        try await ClusterScene.standIn(.tfjob, behaviour: behaviour) { scene, cluster in
            try await scene.withBackend(timing: Self.attentive) { backend in
                let request = ClusterScene.request("mount", Self.running)
                try await backend.start(request)
                let pod = try await firstValue("there is a pod") {
                    await cluster.object("pods", "team-a", "mount-worker-0")
                }
                await cluster.warn(
                    "FailedMount",
                    "MountVolume.SetUp failed for volume \"data\": no such claim",
                    of: pod
                )
                try await eventually("it says what is missing") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.reason == "FailedMount" && status?.phase == .preparing
                        && status?.message == "worker-0: MountVolume.SetUp failed for volume \"data\": no such claim"
                }
                let reads = cluster.requests.all.filter { $0.path.hasSuffix("/events") }
                #expect(reads.allSatisfy { $0.query["fieldSelector"]?.hasPrefix("involvedObject.uid=") == true })
                #expect(reads.allSatisfy { $0.query["limit"] == "50" } && reads.count < 10)
            }
        }
    }

    @Test
    func `events are read less and less often while they say the same`() throws {
        var notice = EventNotice(nil, source: nil, after: nil, now: Date())
        var pauses: [TimeInterval] = []
        for _ in 0..<6 {
            pauses.append(notice.pause)
            notice = EventNotice(nil, source: nil, after: notice, now: Date())
        }
        #expect(pauses == [5, 10, 20, 40, 60, 60])
        let event: EventObject = try Fixture.read([
            "reason": "FailedCreate", "message": "Error creating: a\nb", "lastTimestamp": "2026-01-01T00:00:00Z",
            "series": ["lastObservedTime": "2026-01-02T00:00:00.000000Z"],
        ])
        #expect(event.text == "a b" && event.time == APITime.date("2026-01-02T00:00:00Z"))
        #expect(EventNotice(event, source: nil, after: notice, now: Date()).pause == 5)
    }

    /// Something that ends a pod, and what comes of it.
    struct Ending: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let flavor: KubernetesSettings.Flavor
        let end: @Sendable (TestCluster) async -> Void
        /// The messages of the run: one for each way that it may end; empty if the pod is replaced.
        var messages = [""]
    }

    private static func pod(_ cluster: TestCluster) async -> String {
        await cluster.objects("pods", in: "team-a").first?.metadata.name.text ?? ""
    }

    static let endings = [
        Ending(
            testDescription: "a TFJob whose pod is evicted",
            flavor: .tfjob,
            end: { await $0.evict("team-a", await pod($0)) },
            messages: ["worker-0 was evicted by its node: The node was low on resource: memory."]
        ),
        Ending(
            testDescription: "a TFJob whose pod is deleted",
            flavor: .tfjob,
            end: { await $0.discard("pods", "team-a", await pod($0)) },
            // The operator fails the job if it sees the end of the pod before the pod is gone.
            messages: ["", "worker-0 was deleted (exit code 137)"]
        ),
        Ending(
            testDescription: "a Job whose pod is deleted",
            flavor: .job,
            end: { await $0.discard("pods", "team-a", await pod($0)) },
            messages: ["worker-0 was deleted (exit code 137)"]
        ),
        Ending(
            testDescription: "a Job whose pod is preempted",
            flavor: .job,
            end: { await $0.preempt("team-a", await pod($0)) }
        ),
        Ending(
            testDescription: "a Job whose pod is evicted",
            flavor: .job,
            end: { await $0.evict("team-a", await pod($0)) }
        ),
    ]

    @Test(arguments: endings)
    func `a pod that others end is replaced, or its run says within seconds who ended it`(
        ending: Ending
    ) async throws {
        try await ClusterScene.standIn(ending.flavor) { scene, cluster in
            try await scene.withBackend(timing: KubernetesBackend.Timing()) { backend in
                let request = ClusterScene.request("ended", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                await ending.end(cluster)
                let status = try await firstValue("it has failed, or runs again", within: promised(.seconds(15))) {
                    let status = try await backend.observe(request.id)?.status
                    let isBack = status?.replicas[0].restartCount == 1 && status?.phase == .running
                    return status?.phase == .failed || isBack ? status : nil
                }
                #expect(ending.messages.contains(status.message), "\(status.message)")
                #expect(status.phase == (status.message.isEmpty ? .running : .failed))
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a deadline ends a run in words and within seconds`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, _ in
            try await scene.withBackend(timing: KubernetesBackend.Timing()) { backend in
                var job = Self.running
                job.runPolicy = RunPolicy()
                job.runPolicy?.activeDeadlineSeconds = 1
                let request = ClusterScene.request("late", job)
                try await backend.start(request)
                let status = try await firstValue("it has failed", within: promised(.seconds(15))) {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .failed ? status : nil
                }
                #expect(status.reason == "DeadlineExceeded" && status.message.hasSuffix("(1 s)"))
            }
        }
    }
}
