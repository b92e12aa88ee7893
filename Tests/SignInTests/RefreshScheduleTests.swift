import TestSupport
import Testing

@testable import SignIn

@Suite
struct RefreshScheduleTests {
    private let start = ContinuousClock.now

    @Test
    func `at first the keys are due at once, then after the period`() {
        var schedule = RefreshSchedule(at: start)
        #expect(schedule.due == start)
        #expect(schedule.allowsDemand(at: start))
        schedule.recordAnswer(isNews: true, wasDemanded: false, at: start)
        #expect(schedule.due == start + .seconds(300))
        #expect(!schedule.allowsDemand(at: start + .milliseconds(999)))
        #expect(schedule.allowsDemand(at: start + .seconds(1)))
    }

    @Test
    func `a provider that is away is asked ever less often, at least each minute, and is back at once`() {
        var schedule = RefreshSchedule(at: start)
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<9 {
            schedule.recordFailure(at: now)
            #expect(!schedule.allowsDemand(at: schedule.due - .milliseconds(1)))
            pauses.append(now.duration(to: schedule.due).components.seconds)
            now = schedule.due
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        schedule.recordAnswer(isNews: true, wasDemanded: false, at: now)
        #expect(schedule.allowsDemand(at: now + .seconds(1)))
    }

    @Test
    func `whoever asks for unknown keys all day has the provider asked some hundred times an hour at most`() {
        var schedule = RefreshSchedule(at: start)
        schedule.recordAnswer(isNews: true, wasDemanded: false, at: start)
        var asked = 0
        for tick in 0..<36_000 {
            let now = start + .milliseconds(100 * tick)
            if schedule.allowsDemand(at: now) {
                schedule.recordAnswer(isNews: false, wasDemanded: true, at: now)
                asked += 1
            } else if now >= schedule.due {
                schedule.recordAnswer(isNews: false, wasDemanded: false, at: now)
                asked += 1
            }
        }
        #expect((60...150).contains(asked), "\(asked)")
    }

    @Test
    func `after any history a new key is found within a minute, and asking stays rare`() {
        print("RefreshScheduleTests: TEST_SEED=\(SeededGenerator.seed)")
        var generator = SeededGenerator(seed: SeededGenerator.seed)
        for _ in 0..<500 {
            var schedule = RefreshSchedule(at: start)
            var now = start
            for _ in 0..<20 {
                now += .milliseconds(Int.random(in: 0...100_000, using: &generator))
                switch Int.random(in: 0...2, using: &generator) {
                case 0: schedule.recordFailure(at: now)
                case 1: schedule.recordAnswer(isNews: Bool.random(using: &generator), wasDemanded: false, at: now)
                default: schedule.recordAnswer(isNews: Bool.random(using: &generator), wasDemanded: true, at: now)
                }
                #expect(!schedule.allowsDemand(at: now + .milliseconds(999)))
                #expect(schedule.allowsDemand(at: now + .seconds(60)))
                #expect(schedule.due > now && schedule.due <= now + .seconds(300))
            }
        }
    }
}
