import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// Changes that somebody makes by hand, with `kubectl`.
@Suite(.timeLimit(.minutes(hangLimit)))
struct HandEditTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    private static func anchor(_ flavor: KubernetesSettings.Flavor) -> String {
        flavor == .tfjob ? "tfjobs.kubeflow.org" : "services"
    }

    /// A change of an anchor, and what shows that it is undone.
    struct Edit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout JSONTree) -> Void
    }

    static let edits: [Edit] =
        [Marks.managedBy, Marks.installation, Marks.cluster, Marks.id, Marks.run].map { name in
            Edit(testDescription: "the label \(name) removed") { $0.metadata.labels[name] = nil }
        } + [
            Edit(testDescription: "another run named") { $0.metadata.labels[Marks.run] = "7" },
            Edit(testDescription: "another job named") { $0.metadata.labels[Marks.id] = "other" },
            Edit(testDescription: "all labels removed") { $0.metadata["labels"] = nil },
            Edit(testDescription: "the job spoilt") { $0.metadata.annotations[Marks.job] = "{" },
            Edit(testDescription: "the job replaced") {
                $0.metadata.annotations[Marks.job] = #"{"runtime": "Python_3.11"}"#
            },
            Edit(testDescription: "a result invented") { $0.metadata.annotations[Marks.result] = "done" },
            Edit(testDescription: "an attempt invented") { $0.metadata.annotations[Marks.attempt] = #"{"number": 7}"# },
            Edit(testDescription: "all annotations removed") { $0.metadata["annotations"] = nil },
        ]

    @Test(arguments: edits, KubernetesSettings.Flavor.allCases)
    func `labels and annotations are put back within seconds, and the run goes on untouched`(
        edit: Edit,
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("edited", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                let before = try #require(await cluster.object(Self.anchor(flavor), "team-a", "edited"))
                await cluster.edit(Self.anchor(flavor), "team-a", "edited", edit.change)
                try await eventually("it is put back", within: promised(.seconds(10))) {
                    let run = try #require(try await backend.observe(request.id))
                    #expect(run.job == request.job && run.status.phase == .running)
                    let now = await cluster.object(Self.anchor(flavor), "team-a", "edited")
                    return now?.metadata.labels == before.metadata.labels
                        && now?.metadata.annotations == before.metadata.annotations
                }
                let now = await cluster.object(Self.anchor(flavor), "team-a", "edited")
                #expect(now?.metadata.uid == before.metadata.uid)
                #expect(cluster.kubelet.starts.count == 1)
            }
        }
    }

    @Test(
        arguments: edits.filter {
            !$0.testDescription.contains("invented") && $0.testDescription != "the job replaced"
        },
        KubernetesSettings.Flavor.allCases
    )
    func `what was changed while the service was away is put back when its run is started again`(
        edit: Edit,
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            let request = ClusterScene.request("edited", Self.running)
            try await scene.withBackend { backend in
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
            }
            let before = try #require(await cluster.object(Self.anchor(flavor), "team-a", "edited"))
            await cluster.edit(Self.anchor(flavor), "team-a", "edited", edit.change)
            try await scene.withBackend { backend in
                _ = try await backend.observe()
                try await backend.start(request)
                try await eventually("it is known again") {
                    let run = try await backend.observe(request.id)
                    return run?.job == request.job && run?.status.phase == .running
                }
            }
            let now = await cluster.object(Self.anchor(flavor), "team-a", "edited")
            #expect(now?.metadata.uid == before.metadata.uid)
            #expect(now?.metadata.labels == before.metadata.labels)
            #expect(cluster.kubelet.starts.count == 1)
        }
    }

    @Test
    func `an Indexed Job whose label somebody removed is found and gets it back`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("pieces", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                let before = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                await cluster.edit("jobs.batch", "team-a", "pieces-worker") { job in
                    job.metadata.labels[Marks.installation] = nil
                }
                try await eventually("it has its label", within: promised(.seconds(10))) {
                    await cluster.object("jobs.batch", "team-a", "pieces-worker")?.metadata.labels
                        == before?.metadata.labels
                }
                #expect(cluster.kubelet.starts.count == 1)
            }
        }
    }

    @Test
    func `a result that somebody removed is written again`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("done", ClusterScene.job(.exit(code: 3), [(.worker, 1)]))
                try await backend.start(request)
                func result() async -> String? {
                    await cluster.object("services", "team-a", "done")?.metadata.annotations.texts[Marks.result]
                }
                let before = try await firstValue("its end is recorded") { await result() }
                for value in [nil, "{"] as [JSONTree?] {
                    await cluster.edit("services", "team-a", "done") { $0.metadata.annotations[Marks.result] = value }
                    try await eventually("it is recorded again", within: promised(.seconds(10))) {
                        await result() == before
                    }
                    #expect(try await backend.observe(request.id)?.status.replicas[0].exitCode == 3)
                }
            }
        }
    }

    static let specEdits: [Edit] = [
        Edit(testDescription: "suspended") { $0.spec.runPolicy.suspend = .bool(true) },
        Edit(testDescription: "given a nodeSelector") { job in
            job.spec.tfReplicaSpecs.Worker.template.spec.nodeSelector = ["pool": "other"]
        },
        Edit(testDescription: "given another replica type") { job in
            job.spec.tfReplicaSpecs.Evaluator = job.spec.tfReplicaSpecs.Worker
        },
        Edit(testDescription: "given more replicas") { $0.spec.tfReplicaSpecs.Worker.replicas = 3 },
        Edit(testDescription: "given another command") { job in
            var container = job.spec.tfReplicaSpecs.Worker.template.spec.containers[0]
            container.command = ["sh"]
            job.spec.tfReplicaSpecs.Worker.template.spec.containers = .array([container])
        },
    ]

    @Test(arguments: specEdits)
    func `a TFJob that somebody changed is put right within seconds`(edit: Edit) async throws {
        try await ClusterScene.standIn(.tfjob) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("edited", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                let before = await cluster.object("tfjobs.kubeflow.org", "team-a", "edited")?.spec
                await cluster.edit("tfjobs.kubeflow.org", "team-a", "edited", edit.change)
                try await eventually("it is as it was", within: promised(.seconds(10))) {
                    await cluster.object("tfjobs.kubeflow.org", "team-a", "edited")?.spec == before
                }
                try await eventually("it runs", within: promised(.seconds(20))) {
                    try await backend.observe(request.id)?.status.phase == .running
                }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run whose namespace was deleted and made again has not failed, and starts again`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend({ $0.createNamespaces = false }) { backend in
                try await cluster.makeNamespace("team-a")
                let request = ClusterScene.request("moved", ClusterScene.job(.runForever, [(.worker, 2)]))
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                await cluster.discard("namespaces", "", "team-a")
                try await eventually("it is gone") {
                    let run = try await backend.observe(request.id)
                    #expect(run?.status.phase.isFinal != true, "\(run?.status.message ?? "")")
                    return run == nil
                }
                let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
                guard case .refused = error else {
                    Issue.record("a missing namespace concerns one partition")
                    return
                }
                try await eventually("there is room for another one") {
                    await cluster.object("namespaces", "", "team-a") == nil
                }
                try await cluster.makeNamespace("team-a")
                try await backend.start(request)
                try await eventually("it runs again") {
                    try await backend.observe(request.id)?.status.phase == .running
                }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a copy of an object is not taken for the run`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("original", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                var copy = try #require(await cluster.object(Self.anchor(flavor), "team-a", "original"))
                copy.metadata.name = "copy"
                if flavor == .job { copy.spec.clusterIPs = ["None"] }
                #expect(await cluster.put(Self.anchor(flavor), copy))
                let other = try #require(await cluster.object(Self.anchor(flavor), "team-a", "copy"))
                await cluster.edit(Self.anchor(flavor), "team-a", "copy") { $0.metadata.annotations.note = "1" }
                try await backend.start(request)
                #expect(await backend.store.runs[request.id]?.anchor?.metadata.name == "original")
                try await backend.stop(request.id)
                #expect(
                    await cluster.object(Self.anchor(flavor), "team-a", "copy")?.metadata.uid == other.metadata.uid
                )
            }
        }
    }
}
