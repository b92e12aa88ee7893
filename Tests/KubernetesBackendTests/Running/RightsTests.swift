import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing
import Yams

@testable import KubernetesBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct RightsTests {
    /// The rules of the role that `examples/kubernetes` gives to the service.
    private static func rules() throws -> [Accounts.Rule] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let text = try String(
            contentsOf: root.appendingPathComponent("examples/kubernetes/rbac.yaml"),
            encoding: .utf8
        )
        let role = try #require(try Yams.compose_all(yaml: text).first { $0["kind"]?.string == "ClusterRole" })
        return (role["rules"]?.array() ?? []).map { rule in
            func names(_ key: String) -> Set<String> { Set((rule[key]?.array() ?? []).compactMap(\.string)) }
            return Accounts.Rule(groups: names("apiGroups"), resources: names("resources"), verbs: names("verbs"))
        }
    }

    private static func granted() throws -> [String] {
        try rules().flatMap { rule in rule.verbs.flatMap { verb in rule.resources.map { "\(verb) \($0)" } } }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `the rights of the example are enough for all that the backend does, and no more`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { _, cluster in
            let kubeconfig = try cluster.kubeconfig(user: "service")
            cluster.accounts.limit("service", to: try Self.rules())
            let scene = ClusterScene(cluster: cluster, kubeconfig: kubeconfig, flavor: flavor)
            try await scene.withBackend { backend in
                // Made, judged, tidied up, kept for its end, let go by its time-to-live.
                var short = ClusterScene.job(.exit(code: 0), [(.chief, 1), (.ps, 1)])
                short.runPolicy = RunPolicy()
                short.runPolicy?.cleanPodPolicy = .all
                short.runPolicy?.ttlSecondsAfterFinished = 1
                let ended = ClusterScene.request("short", short)
                try await backend.start(ended)
                try await eventually("it succeeds") {
                    try await backend.observe(ended.id)?.status.phase == .succeeded
                }
                try await eventually("it is gone") { try await backend.observe(ended.id) == nil }
                // Left running when it finished, then stopped.
                var lasting = ClusterScene.job(.exit(code: 0), [(.chief, 1), (.ps, 1)])
                lasting.runPolicy = RunPolicy()
                lasting.runPolicy?.cleanPodPolicy = CleanPodPolicy.none
                let other = ClusterScene.request("lasting", lasting)
                try await backend.start(other)
                try await eventually("it succeeds too") {
                    try await backend.observe(other.id)?.status.phase == .succeeded
                }
                let log = try #require(try await backend.log(of: other.id, replica: "chief-0", LogExtent()))
                for try await _ in log {}
                try await backend.stop(other.id)
                try await backend.discard(other.id)
                // Started again as a whole.
                var failing = ClusterScene.job(.exit(code: 1), [(.worker, 1)])
                failing.replicas[0].restartPolicy = .onFailure
                failing.runPolicy = RunPolicy()
                failing.runPolicy?.restartScope = .job
                failing.runPolicy?.backoffLimit = 1
                let third = ClusterScene.request("failing", failing)
                try await backend.start(third)
                try await eventually("it has failed twice") {
                    try await backend.observe(third.id)?.status.reason == "BackoffLimitExceeded"
                }
                // Changed by somebody and put right.
                let open = ClusterScene.request("open", ClusterScene.job(.runForever, [(.worker, 2)]))
                try await backend.start(open)
                let (resource, name) =
                    flavor == .tfjob ? ("tfjobs.kubeflow.org", "open") : ("jobs.batch", "open-worker")
                await cluster.edit(resource, "team-a", name) { object in
                    switch flavor {
                    case .tfjob: object.spec.runPolicy.backoffLimit = 99
                    case .job: object.spec.parallelism = 1
                    }
                }
                try await eventually("the change is undone") {
                    let spec = await cluster.object(resource, "team-a", name)?.spec
                    return spec?.runPolicy.backoffLimit.int == 3 || spec?.parallelism.int == 2
                }
                try await backend.stop(open.id)
                try await backend.objects.client.send(.events(of: "x", namespace: "team-a", limit: 1))
            }
            // Nothing is granted that this flavor doesn't use.
            let others: Set = flavor == .tfjob ? ["services", "jobs"] : ["tfjobs"]
            let granted = Set(
                try Self.granted().filter { right in !others.contains { right.hasSuffix(" \($0)") } }
            )
            // The server asks for the first right by itself. A suspended Job ends its own pods.
            let unused = ["update services/finalizers"] + (flavor == .job ? ["delete pods"] : [])
            #expect(granted.subtracting(cluster.accounts.used) == Set(unused))
            let refused = cluster.requests.all.filter { $0.status == 403 }
            #expect(refused.map { "\($0.method) \($0.path)" } == [])
        }
    }
}
