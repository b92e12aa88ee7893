import Foundation
import Jobs
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite
struct FaultTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `streams that are cut and history that is forgotten lose no change`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend { backend in
                for number in sweep(5, full: 100) {
                    let request = ClusterScene.request(
                        "cut-\(number)",
                        ClusterScene.job(.exit(code: number % 2), [(.worker, 1)])
                    )
                    try await backend.start(request)
                    if number % 3 == 0 {
                        await cluster.forgetHistory()
                    }
                    await cluster.endWatches()
                    let phase: Phase = number % 2 == 0 ? .succeeded : .failed
                    try await eventually("run \(number) is \(phase)") {
                        try await backend.observe(request.id)?.status.phase == phase
                    }
                }
            }
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a cluster that is away stops nothing, is reported, and heals by itself`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            var timing = KubernetesBackend.Timing()
            timing.tick = .milliseconds(100)
            timing.staleness = .milliseconds(500)
            try await scene.withBackend(timing: timing) { backend in
                let request = ClusterScene.request("stays", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                cluster.faults.add(.answer(code: 503), times: nil)
                await cluster.endWatches()
                let unknown = try await firstValue("it is shown as unknown") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .unknown ? status : nil
                }
                #expect(unknown.reason == "ClusterUnreachable" && !unknown.message.isEmpty)
                let error = await #expect(throws: BackendError.self) { try await backend.observe() }
                guard case .unavailable = error else {
                    Issue.record("an outage heals by itself")
                    return
                }
                cluster.faults.clear()
                try await eventually("it is known again") {
                    try await backend.observe(request.id)?.status.phase == .running
                }
                try await eventually("all watches are back") {
                    (try? await backend.observe())?.map(\.id) == [request.id]
                }
            }
        }
    }

    @Test
    func `a token that was renewed in its file is taken`() async throws {
        try await ClusterScene.standIn(.tfjob) { _, cluster in
            let folder = try TemporaryFolder()
            let token = URL(fileURLWithPath: folder.path("token"))
            cluster.accounts.accept(token: "old", as: "admin")
            try Data("old\n".utf8).write(to: token)
            let kubeconfig = try cluster.writeKubeconfig("tokenFile: \(token.path)")
            let scene = ClusterScene(cluster: cluster, kubeconfig: kubeconfig, flavor: .tfjob)
            try await scene.withBackend { backend in
                try await backend.start(ClusterScene.request("one", Self.running))
                cluster.accounts.revoke(token: "old")
                let error = await #expect(throws: BackendError.self) {
                    try await backend.start(ClusterScene.request("two", Self.running))
                }
                #expect(error?.message.contains("does not know who we are (401)") == true)
                cluster.accounts.accept(token: "new", as: "admin")
                try Data("new\n".utf8).write(to: token)
                try await backend.start(ClusterScene.request("two", Self.running))
            }
        }
    }

    @Test
    func `a client certificate lets us in, and an authority that is wrong is reported and heals`() async throws {
        try await ClusterScene.standIn(.job) { _, cluster in
            let kubeconfig = try await cluster.kubeconfig(certificateOf: "admin", isInline: true)
            let right = try String(contentsOfFile: kubeconfig, encoding: .utf8)
            let folder = try TemporaryFolder()
            let other = try await CertificateAuthority(in: folder, name: "other")
            let wrong = right.replacing(cluster.authority, with: other.certificate)
            try Data(wrong.utf8).write(to: URL(fileURLWithPath: kubeconfig))
            let scene = ClusterScene(cluster: cluster, kubeconfig: kubeconfig, flavor: .job)
            try await scene.withBackend { backend in
                let error = await #expect(throws: BackendError.self) { try await backend.observe() }
                #expect(error?.message.contains("certificate") == true, "\(error?.message ?? "")")
                try Data(right.utf8).write(to: URL(fileURLWithPath: kubeconfig))
                try await eventually("it heals") {
                    (try? await backend.observe()) != nil
                }
                try await backend.start(ClusterScene.request("one", Self.running))
            }
        }
    }

    @Test(
        arguments: [
            Faults.Fault.answer(code: 429, retryAfter: 0), .answer(code: 500), .lostAnswer, .closed,
        ]
    )
    func `a request that failed once is made again`(fault: Faults.Fault) async throws {
        for flavor in KubernetesSettings.Flavor.allCases {
            try await ClusterScene.standIn(flavor) { scene, cluster in
                try await scene.withBackend { backend in
                    let request = ClusterScene.request("again", Self.running)
                    for method in ["GET", "POST"] {
                        cluster.faults.add(fault, at: Faults.Aim(methods: [method], isStream: false))
                    }
                    try await backend.start(request)
                    try await eventually("it runs") {
                        try await backend.observe(request.id)?.status.phase == .running
                    }
                    cluster.faults.add(fault, at: Faults.Aim(methods: ["DELETE"]))
                    try await backend.stop(request.id)
                    #expect(await cluster.objects("pods", in: "team-a").isEmpty)
                }
            }
        }
    }

    @Test
    func `what is missing on the cluster is said`() async throws {
        var bare = ClusterSettings()
        bare.hasOperator = false
        try await ClusterScene.standIn(.tfjob, bare) { scene, _ in
            try await scene.withBackend { backend in
                let error = await #expect(throws: BackendError.self) {
                    try await backend.start(ClusterScene.request("none", Self.running))
                }
                #expect(error?.message.contains("install Kubeflow's training operator, or write flavor: job") == true)
            }
        }
        try await ClusterScene.standIn(.job) { scene, _ in
            try await scene.withBackend({ $0.createNamespaces = false }) { backend in
                let error = await #expect(throws: BackendError.self) {
                    try await backend.start(ClusterScene.request("none", Self.running))
                }
                #expect(error?.message.contains("the namespace \"team-a\" does not exist") == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func `many jobs are applied once, and a second round writes nothing`() async throws {
        try await ClusterScene.standIn(.tfjob, behaviour: { _ in .unschedulable(message: "none") }) { scene, cluster in
            let requests = sweep(60, full: 10_000).map { ClusterScene.request("job-\($0)", Self.running) }
            for round in 1...2 {
                cluster.requests.clear()
                try await scene.withBackend({ $0.requestsPerSecond = 5000 }) { backend in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, request) in requests.enumerated() {
                            if index >= 16 { try await group.next() }
                            group.addTask { try await backend.start(request) }
                        }
                        try await group.waitForAll()
                    }
                    try await eventually("all are seen") {
                        try await backend.observe().count == requests.count
                    }
                }
                let writes = cluster.requests.all.count {
                    $0.isWrite && $0.status < 300 && $0.path.hasSuffix("/tfjobs")
                }
                #expect(writes == (round == 1 ? requests.count : 0))
            }
        }
    }
}
