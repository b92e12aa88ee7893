import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// When a run needs a look although nothing signals a change.
@Suite
struct AgendaTests {
    @Test
    func `an agenda gives each run once, at the earliest of its times`() {
        let start = Date(timeIntervalSince1970: 0)
        let other = RunID(key: Fixture.id.key, number: 9)
        var agenda = Agenda()
        #expect(agenda.earliest == .distantFuture)
        for (id, seconds) in [(Fixture.id, 5.0), (Fixture.id, 3), (other, 4), (Fixture.id, 7)] {
            agenda.scheduleLook(at: id, time: start + seconds)
        }
        #expect(agenda.earliest == start + 3 && agenda.takeDueRuns(now: start + 2) == [])
        #expect(agenda.takeDueRuns(now: start + 3) == [Fixture.id] && agenda.earliest == start + 4)
        #expect(agenda.takeDueRuns(now: start + 9) == [other] && agenda.earliest == .distantFuture)
    }

    @Test
    func `a look ends the pause before the next check if it comes earlier`() {
        let start = Date(timeIntervalSince1970: 0)
        var agenda = Agenda()
        agenda.scheduleLook(at: Fixture.id, time: start + 5)
        let pause = Task { () -> Void in try? await Task.sleep(for: .seconds(3600)) }
        agenda.pause = pause
        agenda.scheduleLook(at: RunID(key: Fixture.id.key, number: 9), time: start + 7)
        #expect(!pause.isCancelled)
        agenda.scheduleLook(at: RunID(key: Fixture.id.key, number: 9), time: start + 4)
        #expect(pause.isCancelled)
    }

    @Test
    func `an open run that needs nothing is not looked at, a finished one only while something is to come`() throws {
        let timing = KubernetesBackend.Timing()
        let end = try #require(APITime.date("2026-01-01T00:01:00Z"))
        let open = try Fixture.view(
            .tfjob,
            pods: [try Fixture.pod("worker", 0, phase: "Running", state: Fixture.running)]
        )
        #expect(open.nextLook(delivered: nil, ended: nil, timing, now: end) == nil)
        let failed = try Fixture.view(.tfjob, conditions: [Fixture.condition("Failed")])
        let look = failed.nextLook(delivered: nil, ended: nil, timing, now: end)
        #expect(look.map { $0 > end && $0 < end + 3 } == true)
        #expect(failed.nextLook(delivered: nil, ended: nil, timing, now: end + 60) == nil)
        #expect(failed.nextLook(delivered: end + 60, ended: nil, timing, now: end + 60).map { $0 > end + 69 } == true)
    }
}
