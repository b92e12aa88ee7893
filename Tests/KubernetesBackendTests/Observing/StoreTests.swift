import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

@Suite
struct StoreTests {
    @Test
    func `what is older than what is known changes nothing`() throws {
        var store = RunStore()
        #expect(store.mergeObject(try Fixture.anchor(.tfjob, of: Fixture.two, version: 9)) == Fixture.id)
        #expect(store.mergeObject(try Fixture.pod("worker", 0, phase: "Running", version: 12)) == Fixture.id)
        #expect(store.mergeObject(try Fixture.pod("worker", 0, phase: "Pending", version: 10)) == nil)
        #expect(store.runs[Fixture.id]?.status?.phase == .running)
    }

    @Test
    func `a list takes away what it does not have, but not what is newer than it`() throws {
        var store = RunStore()
        _ = store.mergeObject(try Fixture.anchor(.tfjob, of: Fixture.two, version: 9))
        let before = store.removeUnlisted(AnchorObject.self, besides: [], version: "8")
        #expect(before == [] && store.runs[Fixture.id] != nil)
        let after = store.removeUnlisted(AnchorObject.self, besides: [], version: "10")
        #expect(after == [Fixture.id] && store.runs[Fixture.id]?.isSuspect == true)
        store.removeSuspect(Fixture.id)
        #expect(store.runs.isEmpty)
    }

    @Test
    func `the exit code of a pod that is gone is kept as long as its run is there`() throws {
        var store = RunStore()
        let anchor = try Fixture.anchor(.tfjob, of: Fixture.two)
        let pod = try Fixture.pod("worker", 0, phase: "Succeeded", state: Fixture.exited(0))
        _ = store.mergeObject(anchor)
        _ = store.mergeObject(pod)
        #expect(store.removeObject(pod) == nil)
        let gone = store.removeUnlisted(PodObject.self, besides: [], version: "50")
        #expect(gone == [])
        #expect(store.runs[Fixture.id]?.status?.replicas.first?.exitCode == 0)
        let deleting: JSONValue = ["deletionTimestamp": "2026-01-01T00:00:00Z"]
        #expect(store.removeObject(try Fixture.anchor(.tfjob, of: Fixture.two, metadata: deleting)) == Fixture.id)
        #expect(store.runs.isEmpty && anchor.metadata.deletionTimestamp == nil)
    }

    @Test
    func `a running pod that is gone is pending again`() throws {
        var store = RunStore()
        _ = store.mergeObject(try Fixture.anchor(.tfjob, of: Fixture.two))
        let pod = try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running)
        _ = store.mergeObject(pod)
        #expect(store.removeObject(pod) == Fixture.id)
        #expect(store.runs[Fixture.id]?.status?.replicas.first?.state == .pending)
    }

    @Test
    func `a run is looked after until nothing is due`() throws {
        func chore(
            _ view: RunView,
            _ flavor: KubernetesSettings.Flavor,
            delivered: Bool = false,
            ended: Date? = Date(timeIntervalSince1970: 0)
        ) -> Chore? {
            view.chore(flavor, isDelivered: delivered, checked: [:], ended: ended, now: Date())
        }
        let jobs = [try Fixture.job("worker", completed: "0"), try Fixture.job("ps")]
        let done = try Fixture.view(.job, jobs: jobs)
        #expect(chore(done, .job) == .recordResult)
        #expect(chore(done, .job, ended: nil) == nil, "exit codes may still come")
        #expect(chore(try Fixture.view(.job, jobs: [jobs[0]]), .job) == .recordResult)
        #expect(chore(try Fixture.view(.job, jobs: [jobs[1]]), .job) == .repairObjects)
        #expect(chore(try Fixture.view(.tfjob), .tfjob) == nil)

        var store = RunStore()
        let result = try AnnotationText.encode(try #require(done.status))
        let note: JSONValue = ["annotations": .object([Marks.result: .string(result)])]
        _ = store.mergeObject(try Fixture.anchor(.job, of: Fixture.two, metadata: note))
        jobs.forEach { _ = store.mergeObject($0) }
        let noted = try #require(store.runs[Fixture.id])
        #expect(noted.status?.phase == .succeeded)
        #expect(chore(noted, .job) == .cleanUpPods)

        let deleting: JSONValue = [
            "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [.string(Marks.finalizer)], "generation": 2,
        ]
        var kept = RunStore()
        let ended = Fixture.condition("Succeeded")
        _ = kept.mergeObject(try Fixture.anchor(.tfjob, of: Fixture.two, conditions: [ended], metadata: deleting))
        let view = try #require(kept.runs[Fixture.id])
        #expect(chore(view, .tfjob) == nil)
        #expect(chore(view, .tfjob, delivered: true) == .removeFinalizer)
    }
}
