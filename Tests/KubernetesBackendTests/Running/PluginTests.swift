import Foundation
import Jobs
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// Credentials that a program gives out and that run out while runs are under way.
@Suite(.timeLimit(.minutes(hangLimit)))
struct PluginTests {
    /// A program that gives out what a file says, and notes each call.
    private struct Plugin {
        let folder: TemporaryFolder
        let cluster: TestCluster

        init(_ cluster: TestCluster) throws {
            self.cluster = cluster
            folder = try TemporaryFolder()
            let script = """
                #!/bin/sh
                echo call >> '\(folder.path("calls"))'
                cat '\(folder.path("credential"))'

                """
            try Data(script.utf8).write(to: URL(fileURLWithPath: folder.path("plugin")))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700],
                ofItemAtPath: folder.path("plugin")
            )
        }

        /// Lets a token in and has the program give it out, whole or not at all.
        func issue(_ token: String, until end: Date? = nil) throws {
            cluster.accounts.accept(token: token, as: "admin")
            let expiry = end.map { #", "expirationTimestamp": "\#($0.formatted(.iso8601))""# } ?? ""
            let text = """
                {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                 "status": {"token": "\(token)"\(expiry)}}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path("credential")), options: .atomic)
        }

        var calls: Int {
            let text = (try? String(contentsOfFile: folder.path("calls"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").count
        }

        /// A kubeconfig that asks the program.
        func kubeconfig() throws -> String {
            try cluster.writeKubeconfig(
                """
                exec: {apiVersion: client.authentication.k8s.io/v1, command: \(folder.path("plugin")), interactiveMode: Never}
                """
            )
        }
    }

    /// A run that goes on, and a backend that the program lets in.
    private func withRun(
        _ flavor: KubernetesSettings.Flavor,
        firstUntil end: Date? = nil,
        _ body: @Sendable (KubernetesBackend, TestCluster, Plugin, RunRequest) async throws -> Void
    ) async throws {
        try await ClusterScene.standIn(flavor) { _, cluster in
            let plugin = try Plugin(cluster)
            try plugin.issue("first", until: end)
            let scene = ClusterScene(cluster: cluster, kubeconfig: try plugin.kubeconfig(), flavor: flavor)
            try await scene.withBackend { backend in
                let request = ClusterScene.request("stays", ClusterScene.job(.runForever, [(.worker, 1)]))
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                try await body(backend, cluster, plugin, request)
                #expect(cluster.kubelet.starts.count { $0.labels[Marks.id] == "stays" } == 1)
            }
        }
    }

    /// Requests and watches both go on with the new token.
    private func goesOn(_ backend: KubernetesBackend, _ cluster: TestCluster, _ request: RunRequest) async throws {
        let later = ClusterScene.request("later", request.job)
        try await backend.start(later)
        await cluster.endWatches()
        try await eventually("the watches tell of it") {
            try await backend.observe().map(\.status.phase) == [.running, .running]
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a token that the server no longer accepts is replaced in the same request`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await withRun(flavor) { backend, cluster, plugin, request in
            #expect(plugin.calls == 1)
            try plugin.issue("second")
            cluster.accounts.revoke(token: "first")
            try await goesOn(backend, cluster, request)
            #expect(cluster.requests.all.contains { $0.status == 401 })
            // Each of those who were refused at once may have asked; none did so again and again.
            #expect((2...5).contains(plugin.calls), "\(plugin.calls)")
            #expect(await backend.health.fault == nil)
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a token that has run out by its own word is renewed before the server has to refuse it`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        // Ten seconds before its end it is not used any more.
        let end = Date().addingTimeInterval(13)
        try await withRun(flavor, firstUntil: end) { backend, cluster, plugin, request in
            try plugin.issue("second")
            try await eventually("requests have the new token", within: promised(.seconds(15))) {
                let reference = try await backend.objects.anchorReference(of: request.id.key)
                _ = try await backend.objects.fetchObject(at: reference, as: AnchorObject.self)
                return plugin.calls > 1
            }
            cluster.accounts.revoke(token: "first")
            try await goesOn(backend, cluster, request)
            #expect(!cluster.requests.all.contains { $0.status == 401 })
        }
    }

    @Test
    func `a plugin that has nothing new stops nothing, is reported, and heals`() async throws {
        try await withRun(.job) { backend, cluster, plugin, request in
            cluster.accounts.revoke(token: "first")
            await cluster.endWatches()
            let error = await #expect(throws: BackendError.self) {
                try await backend.start(ClusterScene.request("later", request.job))
            }
            #expect(error?.message.contains("does not know who we are (401)") == true, "\(error?.message ?? "")")
            try await eventually("the watches are refused too") {
                await backend.health.fault?.contains("(401)") == true
            }
            try plugin.issue("second")
            try await eventually("it heals") { (try? await backend.observe()) != nil }
            try await goesOn(backend, cluster, request)
        }
    }
}
