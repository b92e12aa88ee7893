import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import Synchronization
import TestSupport
import Testing

@testable import KubernetesBackend

/// What a backend does while nothing changes: it must not grow with the number of runs.
@Suite(.timeLimit(.minutes(hangLimit)))
struct IdleTests {
    /// Runs whose pods are as they are, with and without a reason of their own.
    static let behaviours: [PodBehaviour] = [.runs, .unschedulable(message: "no machine has room"), .hangs]

    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    private static func timing(eventPause: Duration) -> KubernetesBackend.Timing {
        var timing = KubernetesBackend.Timing()
        timing.tick = .milliseconds(50)
        timing.silence = .milliseconds(500)
        timing.eventPause = eventPause
        return timing
    }

    private static func requests(_ count: Int) -> [RunRequest] {
        (0..<count).map { ClusterScene.request("idle-\($0)", running) }
    }

    @Test(arguments: behaviours, KubernetesSettings.Flavor.allCases)
    func `runs that don't change are not announced, and only those that wait without a reason cost requests`(
        behaviour: PodBehaviour,
        flavor: KubernetesSettings.Flavor
    ) async throws {
        try await ClusterScene.standIn(flavor, behaviour: { _ in behaviour }) { scene, cluster in
            try await scene.withBackend(timing: Self.timing(eventPause: .milliseconds(20))) { backend in
                let announced = Mutex<[RunID]>([])
                let listener = Task {
                    for await run in backend.changes { announced.withLock { $0.append(run) } }
                }
                defer { listener.cancel() }
                let requests = Self.requests(8)
                for request in requests { try await backend.start(request) }
                try await eventually("each run has its pod, and nothing changes any more") {
                    let revision = await cluster.revision
                    let count = announced.withLock(\.count)
                    guard await cluster.objects("pods", in: "team-a").count == requests.count else { return false }
                    // The controllers and the watches need a moment, and the first events are read meanwhile.
                    try await Task.sleep(for: .seconds(1))
                    return await cluster.revision == revision && announced.withLock(\.count) == count
                }
                announced.withLock { $0 = [] }
                cluster.requests.clear()
                // The time itself is what is measured: all events are read again within it.
                try await Task.sleep(for: .seconds(6))
                #expect(announced.withLock(\.self) == [])
                let paths = cluster.requests.all.map(\.path).filter { $0 != "/version" }
                if behaviour == .hangs {
                    #expect(paths.count { $0.hasSuffix("/events") } == paths.count)
                    #expect((1...3 * requests.count).contains(paths.count), "\(paths)")
                } else {
                    #expect(paths == [])
                }
            }
        }
    }

    @Test
    func `runs that no longer wait don't hold up the events of those that do`() async throws {
        let count = 30
        try await ClusterScene.standIn(.tfjob) { scene, cluster in
            let quota = Policy.quota(name: "pods", namespace: "team-a", resource: "pods", limit: 0)
            await cluster.setPolicies([quota])
            // One pause for each of the queued runs would last longer than this test waits.
            try await scene.withBackend(timing: Self.timing(eventPause: .seconds(2))) { backend in
                for request in Self.requests(count) { try await backend.start(request) }
                try await eventually("the events of all runs are to be read") {
                    cluster.requests.all.count { $0.path.hasSuffix("/events") } >= 2
                }
                await cluster.setPolicies([])
                try await eventually("all runs have their pods") {
                    try await backend.observe().count { $0.status.phase == .running } == count
                }
                await cluster.setPolicies([quota])
                let request = ClusterScene.request("late", Self.running)
                try await backend.start(request)
                try await eventually("the new run says why it waits") {
                    try await backend.observe(request.id)?.status.message.contains("exceeded quota") == true
                }
            }
        }
    }
}
