import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct OwnershipTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `what is another's is reported and left alone, or taken over where that is configured`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            let request = ClusterScene.request("shared", Self.running)
            try await scene.withBackend(installation: "there") { other in
                try await other.start(request)
            }
            let resource = flavor == .tfjob ? "tfjobs.kubeflow.org" : "services"
            let before = await cluster.object(resource, "team-a", "shared")
            try await scene.withBackend { backend in
                let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
                #expect(error?.message.contains("belongs to the installation \"there\"") == true)
                try await backend.stop(request.id)
                #expect(try await backend.observe().isEmpty)
            }
            #expect(await cluster.object(resource, "team-a", "shared")?.metadata.uid == before?.metadata.uid)
            try await scene.withBackend({ $0.adopt = true }) { backend in
                try await backend.start(request)
                try await eventually("it runs as ours") {
                    try await backend.observe(request.id)?.status.phase == .running
                }
            }
            let after = await cluster.object(resource, "team-a", "shared")
            #expect(after?.metadata.labels.texts[Marks.installation] == "here")
        }
    }

    @Test
    func `a field that others changed is put right, and other fields are theirs`() async throws {
        try await ClusterScene.standIn(.tfjob) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("drift", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                await cluster.edit("tfjobs.kubeflow.org", "team-a", "drift") { object in
                    object.spec.runPolicy.backoffLimit = 99
                    object.spec.runPolicy.suspend = false
                }
                try await eventually("the change is undone") {
                    let object = await cluster.object("tfjobs.kubeflow.org", "team-a", "drift")
                    return object?.spec.runPolicy.backoffLimit.int == 3
                }
                let object = await cluster.object("tfjobs.kubeflow.org", "team-a", "drift")
                #expect(object?.spec.runPolicy.suspend == .bool(false))
                #expect(try await backend.observe(request.id)?.status.phase == .running)
            }
        }
    }

    @Test
    func `a Service and an Indexed Job that others changed are put right, and stay those of the run`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("pieces", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                let before = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                let selector = await cluster.object("services", "team-a", "pieces")?.spec.selector
                await cluster.edit("services", "team-a", "pieces") { $0.spec.publishNotReadyAddresses = false }
                try await eventually("the Service is as it was made") {
                    await cluster.object("services", "team-a", "pieces")?.spec.publishNotReadyAddresses == .bool(true)
                }
                await cluster.edit("services", "team-a", "pieces") { $0.spec.selector.more = "keys" }
                try await eventually("the Service selects what it did") {
                    await cluster.object("services", "team-a", "pieces")?.spec.selector["more"] == nil
                }
                await cluster.edit("services", "team-a", "pieces") { service in
                    service.spec.ports = .array([["name": "tfjob-port", "port": 80, "protocol": "TCP"]])
                }
                await cluster.edit("jobs.batch", "team-a", "pieces-worker") { $0.spec.parallelism = 0 }
                try await eventually("both are as they were made") {
                    let service = await cluster.object("services", "team-a", "pieces")
                    let job = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                    return service?.spec.ports[0].port.int == 2222 && job?.spec.parallelism.int == 1
                }
                #expect(await cluster.object("services", "team-a", "pieces")?.spec.selector == selector)
                let job = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                #expect(job?.metadata.uid == before?.metadata.uid)
                #expect(job?.metadata.ownerReferences == before?.metadata.ownerReferences)
                try await eventually("it runs again") {
                    try await backend.observe(request.id)?.status.phase == .running
                }
                // No queue is configured, so nobody may hold it back.
                await cluster.edit("jobs.batch", "team-a", "pieces-worker") { $0.spec.suspend = .bool(true) }
                try await eventually("it is resumed") {
                    await cluster.object("jobs.batch", "team-a", "pieces-worker")?.spec.suspend != .bool(true)
                }
            }
        }
    }

    @Test
    func `a Job that a queue suspends stays suspended`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend({ $0.queue = Queue(manager: .kueue, name: "q") }) { backend in
                let request = ClusterScene.request("queued", Self.running)
                try await backend.start(request)
                await cluster.edit("jobs.batch", "team-a", "queued-worker") { $0.spec.suspend = .bool(true) }
                try await eventually("it waits") { try await backend.observe(request.id)?.status.phase == .queued }
                let calls = cluster.requests.all.count { $0.isWrite }
                try await eventually("the change was looked at") {
                    let job = await cluster.object("jobs.batch", "team-a", "queued-worker")
                    return await backend.records.checked[job?.metadata.uid.text ?? ""] == job?.metadata.generation.int
                }
                #expect(cluster.requests.all.count { $0.isWrite } == calls)
                #expect(await cluster.object("jobs.batch", "team-a", "queued-worker")?.spec.suspend == .bool(true))
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `an object whose place another has taken is gone, and the other stays`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                // Kept for its result, so that it is patched before it is deleted.
                var job = Self.running
                var policy = RunPolicy()
                policy.ttlSecondsAfterFinished = 3600
                job.runPolicy = policy
                let request = ClusterScene.request("place", job)
                try await backend.start(request)
                let reference = try RunMapping.anchor(of: request.id.key, scene.settings)
                let known = try #require(try await backend.objects.fetchObject(at: reference, as: AnchorObject.self))
                try await backend.discard(request.id)
                try await backend.start(ClusterScene.request("place", job, run: 2))
                try await backend.deleteRun(known, at: reference)
                let uid = try await backend.objects.fetchObject(at: reference, as: AnchorObject.self)?.metadata.uid
                #expect(uid != nil && uid != known.metadata.uid)
                // A conflict of another kind is none of that.
                let conflict = APIError.status(APIStatus(code: 409))
                #expect(await backend.objects.isGone(reference, uid: known.metadata.uid, after: conflict))
                #expect(await !backend.objects.isGone(reference, uid: uid ?? "", after: conflict))
                #expect(await !backend.objects.isGone(reference, uid: uid ?? "", after: .status(APIStatus(code: 422))))
                let failure = APIError.status(APIStatus(code: 500))
                #expect(await !backend.objects.isGone(reference, uid: known.metadata.uid, after: failure))
            }
        }
    }

    @Test
    func `an Indexed Job that somebody deleted is made again`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("pieces", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                let first = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                await cluster.discard("jobs.batch", "team-a", "pieces-worker")
                try await eventually("there is another one") {
                    let job = await cluster.object("jobs.batch", "team-a", "pieces-worker")
                    return job != nil && job?.metadata.uid != first?.metadata.uid
                }
                try await eventually("it runs again") {
                    try await backend.observe(request.id)?.status.phase == .running
                }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run that somebody deleted is known no more`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("gone", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                await cluster.discard(flavor == .tfjob ? "tfjobs.kubeflow.org" : "services", "team-a", "gone")
                try await eventually("it is not known") { try await backend.observe(request.id) == nil }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a service that starts again finds every run with its job`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            let open = ClusterScene.request("0-open", Self.running, run: 7)
            let ended = ClusterScene.request("ended", ClusterScene.job(.exit(code: 0), [(.chief, 1), (.ps, 1)]))
            try await scene.withBackend { backend in
                try await backend.start(open)
                try await backend.start(ended)
                try await eventually("one has ended") {
                    try await backend.observe(ended.id)?.status.phase == .succeeded
                }
                try await eventually("its parameter server is gone, the other runs") {
                    let pods = await cluster.objects("pods", in: "team-a")
                    let kept = pods.filter { $0.metadata.labels.texts[Marks.id] == "ended" }
                    return kept.map(\.status.phase.text) == ["Succeeded"] && pods.count == 2
                }
                if flavor == .job {
                    try await eventually("its end is noted, and its parameter server suspended") {
                        let service = await cluster.object("services", "team-a", "ended")
                        let job = await cluster.object("jobs.batch", "team-a", "ended-ps")
                        return service?.metadata.annotations.texts[Marks.result] != nil
                            && job?.spec.suspend.isTrue == true
                    }
                }
            }
            try await scene.withBackend { backend in
                let runs = try await backend.observe()
                #expect(runs.map(\.id) == [open.id, ended.id])
                #expect(runs.map(\.job) == [open.job, ended.job])
                #expect(runs.map(\.commit) == [open.commit, ended.commit])
                #expect(runs.last?.status.phase == .succeeded)
                #expect(runs.last?.status.replicas.first?.exitCode == 0)
                cluster.requests.clear()
                try await backend.start(open)
                try await backend.start(ended)
                #expect(cluster.requests.all.filter(\.isWrite).map(\.path) == [])
                try await backend.discard(ended.id)
                #expect(try await backend.observe(ended.id) == nil)
            }
        }
    }
}
