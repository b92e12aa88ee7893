import Foundation
import KubernetesSupport
import TestSupport
import Testing

/// The official Python client is the judge of whether the stand-in is as a real server.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct OfficialClientTests {
    private static let realServer = ProcessInfo.processInfo.environment["TFJOB_ADMIN_TEST_KUBECONFIG"]

    /// Runs the judge's checks, which print a line each.
    private func judge(_ kubeconfig: String, _ options: String..., in folder: TemporaryFolder) async throws -> String {
        let python = try await PythonPackage.python("kubernetes==37.0.2", module: "kubernetes")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Python/official_client.py")
        return try await run([python, script.path, kubeconfig] + options, in: folder.url.path)
    }

    @Test(.enabled(if: realServer != nil))
    func `a real server answers the judge as the stand-in does`() async throws {
        let output = try await judge(try #require(Self.realServer), "--real", in: try TemporaryFolder())
        #expect(output.split(separator: "\n").count == 3)
    }

    @Test(arguments: [false, true])
    func `the official Python client lists, watches, applies, pages and deletes as on a real cluster`(
        byCertificate: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        let behaviour = { @Sendable (pod: PodDescription) -> PodBehaviour in
            pod.args == ["Job"] ? .exits(code: 0, output: ["hello"]) : .runs
        }
        try await TestCluster.serving(in: folder, behaviour: behaviour) { cluster in
            await cluster.setPolicies([
                .quota(name: "small", namespace: "python-jobs", resource: "jobs.batch", limit: 0),
                .quota(name: "small", namespace: "python-pods", resource: "pods", limit: 0),
                .limitRange(namespace: "python-limits", cpu: 10),
                .validation(name: "sunday", resource: "services", message: "no training on Sundays"),
            ])
            let config =
                byCertificate
                ? try await cluster.kubeconfig(certificateOf: "ann", isInline: true)
                : try cluster.kubeconfig(user: "ann")
            let output = try await judge(config, in: folder)
            #expect(output.split(separator: "\n").count == 6)
            #expect(cluster.requests.all.allSatisfy { $0.user == "ann" })
        }
    }
}
