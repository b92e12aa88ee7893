import Foundation
import Jobs
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct KubernetesContractTests {
    private func check(_ name: String, _ scene: ClusterScene) async throws {
        let rule = try #require(BackendContract.rules.first { $0.name == name })
        let pods = PodCount()
        // A name of its own, so that a real cluster keeps nothing from one rule to the next.
        let installation = "contract-\(UInt32.random(in: 0...UInt32.max))"
        try await scene.withBackend(installation: installation) { backend in
            let contract = BackendContract(
                backend: backend,
                job: ClusterScene.job,
                starts: { try await pods.count($0, backend) }
            )
            let result: Result<Void, any Error>
            do {
                result = .success(try await rule.check(contract))
            } catch {
                result = .failure(error)
            }
            // Also after a failure: on a real server, what stays would be in the way of the next rule.
            for observation in try await backend.observe() {
                try await backend.discard(observation.id)
            }
            try result.get()
        }
    }

    @Test(arguments: BackendContract.rules.map(\.name), KubernetesSettings.Flavor.allCases)
    func `the Kubernetes backend keeps the contract`(name: String, flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, _ in
            try await check(name, scene)
        }
    }

    @Test(arguments: TestServer.real)
    func `it keeps the contract on the server that the environment names`(server: TestServer) async throws {
        try await server.withScene { scene in
            for name in BackendContract.rules.map(\.name) {
                try await check(name, scene)
            }
        }
    }
}
