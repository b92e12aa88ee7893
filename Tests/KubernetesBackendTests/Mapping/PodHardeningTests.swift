import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// The security settings of the pods that we write.
@Suite(.timeLimit(.minutes(hangLimit)))
struct PodHardeningTests {
    private static func spec(
        _ flavor: KubernetesSettings.Flavor = .job,
        _ change: @escaping @Sendable (inout KubernetesSettings) -> Void
    ) throws -> JSONTree {
        let text = #"{"runtime": "Python_3.11", "bootfile": "train.py", "cpu": "1", "memory": "1Gi"}"#
        let example = ManifestCase(name: "", text: text) { settings in
            settings.volumes = []
            change(&settings)
        }
        let manifests = try example.mapping(flavor).manifests()
        let body = try JSONTree(json: try (manifests.children.first ?? manifests.anchor).body.text())
        return flavor == .job ? body.spec.template.spec : body.spec.tfReplicaSpecs.Worker.template.spec
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `pods meet the profile restricted by default, also the container that fetches the code`(
        flavor: KubernetesSettings.Flavor
    ) throws {
        for url in ["https://git.example.org/jobs.git", "git@git.example.org:jobs.git"] {
            let spec = try Self.spec(flavor) { $0.code = CodeSource(url: url, secret: "s") }
            #expect(PodSecurity.violations(of: spec) == [])
            #expect(spec.initContainers.elements.count == 1)
            let hasFile = spec.initContainers[0].volumeMounts.elements.contains { $0.mountPath == "/etc/passwd" }
            // Only ssh looks for the user's name.
            #expect(hasFile == url.hasPrefix("git@"))
        }
    }

    @Test
    func `fields of the configuration win, null removes a default, and a folder of the node keeps its user`() throws {
        let own = try Self.spec {
            $0.pod = ["securityContext": ["runAsUser": 2000, "fsGroup": .null]]
            $0.container = ["securityContext": ["readOnlyRootFilesystem": true], "imagePullPolicy": "Always"]
        }
        #expect(own.securityContext.runAsUser == 2000 && own.securityContext["fsGroup"] == nil)
        #expect(own.securityContext.runAsNonRoot == true)
        for container in own.containers.elements + own.initContainers.elements {
            #expect(container.securityContext.readOnlyRootFilesystem == true && container.imagePullPolicy == "Always")
            #expect(container.securityContext.allowPrivilegeEscalation == false)
        }
        let root = try Self.spec { $0.pod = ["securityContext": .null] }
        #expect(root["securityContext"] == nil)
        let node = try Self.spec { $0.volumes = [VolumeRule(path: "/data", source: .hostPath("/data"))] }
        #expect(node.securityContext["runAsUser"] == nil && node.containers[0].securityContext["capabilities"] == nil)
        #expect(node.containers[0].securityContext.allowPrivilegeEscalation == false)
        // A container can't change what makes it a replica.
        let changed = try Self.spec { $0.container = ["image": "other", "command": ["sh"], "name": "x"] }
        #expect(changed.containers[0].image != "other" && changed.containers[0].name == "tensorflow")
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `jobs run in a namespace that enforces restricted, and where they may not, they say so`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await cluster.makeNamespace("team-a")
            await cluster.edit("namespaces", "", "team-a") { namespace in
                namespace.metadata.labels["pod-security.kubernetes.io/enforce"] = "restricted"
            }
            let request = ClusterScene.request("one", ClusterScene.job(.runForever, [(.worker, 1)]))
            try await scene.withBackend { backend in
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                try await backend.discard(request.id)
            }
            var timing = KubernetesBackend.Timing()
            timing.silence = .milliseconds(200)
            try await scene.withBackend(timing: timing, { $0.container = ["securityContext": .null] }) { backend in
                try await backend.start(request)
                try await eventually("it says which rule its pods break") {
                    let message = try await backend.observe(request.id)?.status.message
                    return message?.contains("violates PodSecurity \"restricted:latest\"") == true
                }
            }
        }
    }
}
