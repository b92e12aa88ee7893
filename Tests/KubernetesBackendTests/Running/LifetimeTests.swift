import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct LifetimeTests {
    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a time-to-live takes a run away only after its end was told`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            var job = ClusterScene.job(.exit(code: 0), [(.worker, 1)])
            job.runPolicy = RunPolicy()
            job.runPolicy?.ttlSecondsAfterFinished = 1
            let request = ClusterScene.request("short", job)
            let resource = flavor == .tfjob ? "tfjobs.kubeflow.org" : "services"
            var patient = KubernetesBackend.Timing()
            patient.tick = .milliseconds(100)
            patient.delivery = .seconds(3600)
            try await scene.withBackend(timing: patient) { backend in
                try await backend.start(request)
                try await eventually("it succeeds") {
                    try await backend.observe(request.id)?.status.phase == .succeeded
                }
                if flavor == .tfjob {
                    try await eventually("the operator wants to delete it") {
                        let object = await cluster.object(resource, "team-a", "short")
                        return object?.metadata.deletionTimestamp.text != nil
                    }
                }
                #expect(try await backend.observe(request.id)?.status.phase == .succeeded)
            }
            try await scene.withBackend { backend in
                #expect(try await backend.observe(request.id)?.status.phase == .succeeded)
                try await eventually("it is gone once its end was told") {
                    await cluster.object(resource, "team-a", "short") == nil
                }
            }
        }
    }

    @Test(
        arguments: [
            // Which of both depends on whether the kubelet has tried once or more often.
            (PodBehaviour.cannotPull(message: "no such image"), ["ErrImagePull", "ImagePullBackOff"], "no such image"),
            (.unschedulable(message: "0/3 nodes are available"), ["Unschedulable"], "0/3 nodes are available"),
        ]
    )
    func `the status says why a run does not start`(behaviour: PodBehaviour, reasons: [String], message: String)
        async throws
    {
        for flavor in KubernetesSettings.Flavor.allCases {
            try await ClusterScene.standIn(flavor, behaviour: { _ in behaviour }) { scene, _ in
                try await scene.withBackend { backend in
                    let request = ClusterScene.request("waits", ClusterScene.job(.runForever, [(.worker, 1)]))
                    try await backend.start(request)
                    let status = try await firstValue("there is a reason") {
                        let status = try await backend.observe(request.id)?.status
                        return status?.reason.isEmpty == false && status?.message.contains(message) == true
                            ? status : nil
                    }
                    #expect(status.message.hasPrefix("worker-0 "))
                    #expect(reasons.contains(status.reason), "\(status.reason)")
                    #expect(!status.phase.isFinal)
                }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `logs come from the pods, also while they grow`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("prints", ClusterScene.job(.exit(code: 0), [(.worker, 1)]))
                try await backend.start(request)
                try await eventually("it succeeds") {
                    try await backend.observe(request.id)?.status.phase == .succeeded
                }
                let runs = try await backend.loggedRuns(of: request.id.key)
                #expect(runs == [LoggedRun(number: 1, replicas: ["worker-0"])])
                #expect(try await text(backend, request.id, LogExtent()) == "line 1\nline 2\n")
                #expect(try await text(backend, request.id, LogExtent(tail: 1)) == "line 2\n")
                #expect(try await text(backend, request.id, LogExtent(isFollowed: true)) == "line 1\nline 2\n")
                #expect(try await backend.log(of: request.id, replica: "worker-1", LogExtent()) == nil)

                let open = ClusterScene.request("grows", ClusterScene.job(.runForever, [(.worker, 1)]))
                try await backend.start(open)
                try await eventually("it runs") { try await backend.observe(open.id)?.status.phase == .running }
                let pod = try await firstValue("its pod is there") {
                    await cluster.objects("pods", in: "team-a").first {
                        $0.metadata.labels.texts[Marks.id] == "grows"
                    }
                }
                let log = try #require(
                    try await backend.log(of: open.id, replica: "worker-0", LogExtent(isFollowed: true))
                )
                cluster.kubelet.print("news", of: pod)
                var read = ""
                for try await bytes in log {
                    read += String(decoding: bytes, as: UTF8.self)
                    if read.contains("news") { break }
                }
                #expect(read.hasSuffix("news\n"))
            }
        }
    }

    private func text(_ backend: KubernetesBackend, _ run: RunID, _ extent: LogExtent) async throws -> String {
        let log = try #require(try await backend.log(of: run, replica: "worker-0", extent))
        var bytes: [UInt8] = []
        for try await more in log {
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
