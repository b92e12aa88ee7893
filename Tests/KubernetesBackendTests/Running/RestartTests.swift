import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// `restartScope: Job`: a failure that may be retried has all replicas started again together.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RestartTests {
    private static func job(limit: Int = 3, policy: RestartPolicy = .exitCode) -> Job {
        var job = ClusterScene.job(.runForever, [(.worker, 2), (.ps, 1)])
        for index in job.replicas.indices { job.replicas[index].restartPolicy = policy }
        job.runPolicy = RunPolicy()
        job.runPolicy?.restartScope = .job
        job.runPolicy?.backoffLimit = limit
        return job
    }

    private func serving(
        _ flavor: KubernetesSettings.Flavor,
        _ body: @Sendable (ClusterScene, TestCluster) async throws -> Void
    ) async throws {
        try await ClusterScene.standIn(flavor, behaviour: { _ in .runsUntilFinished }, body)
    }

    /// Waits until all replicas run in an attempt, and no pod of another is left.
    private func run(_ attempt: Int, of id: String, _ cluster: TestCluster) async throws -> [String: JSONTree] {
        try await firstValue("all replicas run in attempt \(attempt)") {
            let pods = await cluster.objects("pods", in: "team-a").filter { $0.metadata.labels.texts[Marks.id] == id }
            let isWhole = pods.allSatisfy { pod in
                pod.status.phase == "Running" && pod.metadata.labels.texts[Marks.attempt] == String(attempt)
            }
            guard isWhole, pods.count == 3 else { return nil }
            return Dictionary(
                uniqueKeysWithValues: pods.map { pod in
                    let labels = pod.metadata.labels.texts
                    let index = PodShape.IndexSource.allCases.compactMap { labels[$0.rawValue] }.first ?? ""
                    return ("\(labels[Marks.replicaType] ?? "")-\(index)", pod)
                }
            )
        }
    }

    /// The values of `TF_CONFIG`, by replica.
    private func configurations(_ pods: [String: JSONTree]) -> [String: String?] {
        pods.mapValues { pod in
            pod.spec.containers[0].env.elements.first { $0.name == "TF_CONFIG" }?.value.text
        }
    }

    private func finish(_ replica: String, of pods: [String: JSONTree], _ code: Int, _ cluster: TestCluster) throws {
        cluster.kubelet.finish(try #require(pods[replica]), code: code)
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `one that dies has its peers started again with it, under the same names`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await serving(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("together", Self.job())
                try await backend.start(request)
                let first = try await run(0, of: "together", cluster)
                let begun = try await firstValue("it runs") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.replicas.allSatisfy { $0.state == .running } == true ? status : nil
                }
                // Its peer ends by a code that is final by itself, since it was left alone.
                try finish("worker-1", of: first, 137, cluster)
                try await eventually("the end of the first is known") {
                    try await backend.observe(request.id)?.status.replicas[1].exitCode == 137
                }
                try finish("worker-0", of: first, 1, cluster)
                let second = try await run(1, of: "together", cluster)
                #expect(configurations(second) == configurations(first))
                #expect(Set(second.values.map(\.metadata.uid)).isDisjoint(with: first.values.map(\.metadata.uid)))
                let status = try await firstValue("it runs again") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.replicas.allSatisfy { $0.state == .running } == true ? status : nil
                }
                #expect(status.phase == .running && status.replicas.map(\.restartCount) == [1, 1, 1])
                #expect(status.startTime == begun.startTime)

                try finish("worker-0", of: second, 0, cluster)
                try await eventually("it succeeds") {
                    try await backend.observe(request.id)?.status.phase == .succeeded
                }
                let starts = Dictionary(grouping: cluster.kubelet.starts) { $0.labels[Marks.attempt] }
                #expect(starts.mapValues(\.count) == ["0": 3, "1": 3], "none was started again by itself")
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `the restarts of a run are limited, and each says why`(flavor: KubernetesSettings.Flavor) async throws {
        try await serving(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("limited", Self.job(limit: 1, policy: .onFailure))
                try await backend.start(request)
                try finish("ps-0", of: try await run(0, of: "limited", cluster), 3, cluster)
                try await eventually("why it is started again is said") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .restarting
                        && status?.message == "ps-0 exited with code 3; all replicas are started again (restart 1 of 1)"
                }
                try finish("worker-1", of: try await run(1, of: "limited", cluster), 4, cluster)
                let status = try await firstValue("it fails") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .failed ? status : nil
                }
                #expect(status.reason == "BackoffLimitExceeded")
                #expect(
                    status.message
                        == "worker-1 exited with code 4; all replicas were restarted 1 times, and runPolicy.backoffLimit is 1"
                )
                #expect(cluster.kubelet.starts.count == 6)
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a first failure that is final ends the run`(flavor: KubernetesSettings.Flavor) async throws {
        try await serving(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("final", Self.job())
                try await backend.start(request)
                try finish("worker-1", of: try await run(0, of: "final", cluster), 1, cluster)
                let status = try await firstValue("it fails") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .failed ? status : nil
                }
                #expect(status.reason == "ReplicaFailed" && status.message == "worker-1 exited with code 1")
                #expect(cluster.kubelet.starts.count == 3)
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a restart that a killed service left half done is done by the next one, and counts once`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await serving(flavor) { scene, cluster in
            let request = ClusterScene.request("half", Self.job(policy: .onFailure))
            let resource = flavor == .tfjob ? "tfjobs.kubeflow.org" : "jobs.batch"
            let name = flavor == .tfjob ? "half" : "half-worker"
            try await scene.withBackend { backend in
                try await backend.start(request)
                let pods = try await run(0, of: "half", cluster)
                // Another holds the old object back, so the restart stops half-way.
                await cluster.edit(resource, "team-a", name) { object in
                    object.metadata.finalizers = .array(object.metadata.finalizers.elements + ["test/hold"])
                }
                try finish("worker-0", of: pods, 137, cluster)
                try await eventually("the old object is being deleted") {
                    await cluster.object(resource, "team-a", name)?.metadata.deletionTimestamp.text != nil
                }
                #expect(try await backend.observe(request.id)?.status.phase == .restarting)
            }
            try await scene.withBackend { backend in
                #expect(try await backend.observe(request.id)?.status.phase == .restarting)
                await cluster.edit(resource, "team-a", name) { object in
                    object.metadata.finalizers = .array(
                        object.metadata.finalizers.elements.filter { $0 != "test/hold" }
                    )
                }
                try await eventually("it runs again") {
                    // What is gone before it finished is started again by the reconciler.
                    if try await backend.observe(request.id) == nil { try await backend.start(request) }
                    return try await backend.observe(request.id)?.status.replicas.map(\.state) == [
                        .running, .running, .running,
                    ]
                }
                #expect(try await backend.observe(request.id)?.status.replicas.map(\.restartCount) == [1, 1, 1])
                _ = try await run(1, of: "half", cluster)
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run that waits for its restart can be stopped`(flavor: KubernetesSettings.Flavor) async throws {
        try await serving(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("stopped", Self.job(policy: .onFailure))
                try await backend.start(request)
                try finish("worker-0", of: try await run(0, of: "stopped", cluster), 3, cluster)
                // Before the second restart there is a pause.
                try finish("worker-0", of: try await run(1, of: "stopped", cluster), 3, cluster)
                try await eventually("it waits") {
                    try await backend.observe(request.id)?.status.message.contains("(restart 2 of 3)") == true
                }
                try await backend.stop(request.id)
                #expect(try await backend.observe(request.id) == nil)
                #expect(await cluster.objects("pods", in: "team-a").isEmpty)
                try await backend.start(request)
                _ = try await run(0, of: "stopped", cluster)
            }
        }
    }
}
