import Foundation
import Jobs
import KubernetesSupport
import Logging
import TestSupport
import Testing

@testable import KubernetesBackend
@testable import KubernetesClient

/// A server that is gone, one that never answers, and one that has too much to do.
@Suite(.timeLimit(.minutes(hangLimit)))
struct OutageTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    private static var watchful: KubernetesBackend.Timing {
        var timing = KubernetesBackend.Timing()
        timing.probe = .milliseconds(200)
        timing.probePatience = .milliseconds(500)
        return timing
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a server that accepts and never answers is noticed, though its watches stay open`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await scene.withBackend(timing: Self.watchful) { backend in
                let request = ClusterScene.request("stays", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                cluster.faults.add(.silence, times: nil)
                let message = try await firstValue("it is noticed", within: promised(.seconds(10))) {
                    do throws(BackendError) {
                        _ = try await backend.observe()
                        return nil as String?
                    } catch {
                        return error.message
                    }
                }
                #expect(message.contains("it does not answer in time"), "\(message)")
                #expect(await cluster.watchCount > 0)
                cluster.faults.clear()
                try await eventually("it is back") { (try? await backend.observe()) != nil }
            }
        }
    }

    @Test
    func `who follows the changes hears of an outage at once, also where nothing runs`() async throws {
        try await ClusterScene.standIn(.tfjob) { scene, cluster in
            try await scene.withBackend(timing: Self.watchful) { backend in
                #expect(try await backend.observe() == [])
                // The first name says that the cluster was read.
                var changes = backend.changes.makeAsyncIterator()
                cluster.faults.add(.closed, times: nil)
                await cluster.endWatches()
                let start = ContinuousClock.now
                let name = await changes.next()
                #expect(name?.number == 0 && .now - start < promised(.seconds(5)))
                let error = await #expect(throws: BackendError.self) { try await backend.observe() }
                #expect(error?.message.contains("can't be reached") == true)
                let away = try #require(name)
                await #expect(throws: BackendError.self) { try await backend.observe(away) }
                cluster.faults.clear()
                #expect(await changes.next() == name)
                #expect(try await backend.observe(away) == nil)
            }
        }
    }

    @Test
    func `a call to a server that never answers ends within the request's deadline`() async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder) { cluster in
            cluster.faults.add(.silence, times: nil)
            let client = APIClient(
                .kubeconfig(path: try cluster.kubeconfig(), context: nil),
                requestsPerSecond: 100,
                logger: .init(label: "test")
            )
            for timeout in [Duration.seconds(1), .seconds(600)] {
                var request = APIRequest.version(within: .seconds(1))
                request.timeout = timeout
                let start = ContinuousClock.now
                await #expect(throws: APIError.self) { try await client.send(request) }
                #expect(.now - start < promised(.seconds(10)))
            }
            cluster.faults.clear()
        }
    }

    @Test
    func `urgent requests pass those that create runs, which get every eighth token at least`() {
        var lanes = TokenLanes<String>()
        for lane in [TokenLanes<String>.Lane.bulk, .urgent] {
            for _ in 0..<20 {
                lanes.addCaller("\(lane)", number: lanes.makeNumber(), to: lane)
            }
        }
        var order: [String] = []
        while let caller = lanes.takeCaller() { order.append(caller) }
        let seven = Array(repeating: "urgent", count: 7) + ["bulk"]
        #expect(order == seven + seven + Array(repeating: "urgent", count: 6) + Array(repeating: "bulk", count: 18))
        #expect(lanes.count == 0)
    }

    @Test
    func `who gives up waiting leaves the lane`() async throws {
        let limit = RateLimit(rate: 0.001)
        try await limit.waitForToken(.urgent)
        let task = Task { try await limit.waitForToken(.urgent) }
        try await eventually("it waits") { await limit.waitingCount == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await limit.waitingCount == 0)
    }

    @Test
    func `429 holds all requests back for as long as the server asks`() async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder) { cluster in
            let client = APIClient(
                .kubeconfig(path: try cluster.kubeconfig(), context: nil),
                requestsPerSecond: 1000,
                logger: .init(label: "test")
            )
            try await client.send(.version(within: .seconds(10)))
            cluster.faults.add(.answer(code: 429, retryAfter: 1))
            let start = ContinuousClock.now
            async let limited: Void = client.send(
                .get(ObjectReference(kind: .namespaces, namespace: nil, name: "default"))
            )
            try await eventually("the client has read the refusal") { await client.rate.isPaused }
            try await client.send(.version(within: .seconds(10)))
            #expect(.now - start >= .seconds(1))
            try await limited
        }
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run costs few requests`(flavor: KubernetesSettings.Flavor) async throws {
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await cluster.makeNamespace("team-a")
            var timing = KubernetesBackend.Timing()
            timing.probe = .seconds(3600)
            try await scene.withBackend(timing: timing) { backend in
                func cost(_ work: () async throws -> Void) async throws -> [String] {
                    cluster.requests.clear()
                    try await work()
                    return cluster.requests.all.filter { $0.query["watch"] == nil }.map(\.method)
                }
                #expect(try await backend.observe() == [])
                let first = ClusterScene.request("cheap", Self.running)
                let second = ClusterScene.request("cheap", Self.running, run: 2)
                let jobs = flavor == .job ? ["POST"] : []
                let create = try await cost { try await backend.start(first) }
                #expect(create == ["POST"] + jobs)
                try await eventually("it runs") { try await backend.observe(first.id)?.status.phase == .running }
                let replace = try await cost {
                    try await backend.stop(first.id)
                    try await backend.start(second)
                }
                #expect(replace == ["DELETE", "POST"] + jobs)
                try await eventually("it runs") { try await backend.observe(second.id)?.status.phase == .running }
                let delete = try await cost {
                    try await backend.stop(second.id)
                    try await backend.discard(second.id)
                }
                #expect(delete == ["DELETE"])
                #expect(await cluster.objects("pods", in: "team-a").isEmpty)
            }
        }
    }
}
