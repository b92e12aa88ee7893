import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// The units whose state the backend wires.
@Suite
struct UnitTests {
    private static let start = ContinuousClock.now

    @Test
    func `a cluster is settled once every kind was read or one can't be`() {
        var health = ClusterHealth([.pods, .jobs])
        health.recordAnswer(of: .pods)
        #expect(!health.isSettled && health.fault == nil)
        var failing = health
        failing.recordFailure(of: .jobs, "away", now: Self.start)
        #expect(failing.isSettled && failing.fault == "away" && failing.isFailing(with: "away"))
        health.recordAnswer(of: .jobs)
        #expect(health.isSettled && health.fault == nil && !health.isFailing(with: "away"))
    }

    @Test
    func `staleness counts from the first failure in a row`() {
        var health = ClusterHealth([.pods])
        func isChanged(at seconds: Int) -> Bool {
            health.updateStaleness(now: Self.start + .seconds(seconds), after: .seconds(30))
        }
        health.recordFailure(of: .pods, "first", now: Self.start)
        health.recordFailure(of: .pods, "second", now: Self.start + .seconds(20))
        #expect(health.fault == "second")
        #expect([30, 31, 32].map(isChanged) == [false, true, false] && health.isStale)
        health.recordAnswer(of: .pods)
        health.recordFailure(of: .pods, "later", now: Self.start + .seconds(40))
        #expect([41, 70, 71].map(isChanged) == [true, false, true])
    }

    @Test
    func `a run is queued once until its chore is finished`() async {
        var queue = ChoreQueue()
        let other = RunID(key: Fixture.id.key, number: 4)
        for id in [Fixture.id, Fixture.id, other] { queue.enqueueRun(id) }
        queue.finishRun(Fixture.id)
        queue.enqueueRun(Fixture.id)
        var runs = queue.runs.makeAsyncIterator()
        #expect([await runs.next(), await runs.next(), await runs.next()] == [Fixture.id, other, Fixture.id])
    }

    private actor Worker {
        private var turns = TurnQueue()
        private var active = 0
        private(set) var mostActive = 0

        func work(on key: JobKey) async {
            if !turns.takeFreeTurn(on: key) {
                await withCheckedContinuation { turns.addCaller($0, to: key) }
            }
            active += 1
            mostActive = max(mostActive, active)
            await Task.yield()
            active -= 1
            turns.passTurn(on: key)
        }

        func isFree(_ key: JobKey) -> Bool { turns.takeFreeTurn(on: key) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one caller at a time has the turn on a job, and the last one frees it`() async {
        let worker = Worker()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { await worker.work(on: Fixture.id.key) }
            }
        }
        #expect(await worker.mostActive == 1)
        #expect(await worker.isFree(Fixture.id.key))
        #expect(await !worker.isFree(Fixture.id.key))
    }
}
