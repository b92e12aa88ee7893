import Foundation
import Jobs
import TestSupport
import Testing

/// Whatever moment the service is killed at: afterwards the backend has what the newest commit says, once.
@Suite(.timeLimit(.minutes(hangLimit)))
struct KillTests {
    /// Each seed is a dozen pushes with about ten kills between and within them; 60 of them with `--full`.
    @Test
    func `after kills at random steps the backend has what the tree says, none lost and none doubled`() async throws {
        let count = KillCount()
        let seeds = sweep(4, full: 60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for seed in seeds where seed % 4 == lane {
                        try await pushAndKill(seed: seed, count)
                    }
                }
            }
            try await group.waitForAll()
        }
        print("KillTests: \(seeds.count) seeds, \(count.table)")
        #expect(count.sum >= seeds.count * 25 / 3, "\(count.table)")
        if seeds.count == 60 {
            // The rare ones are the matter of the stories below.
            #expect(count.missed.filter { !Self.isRare($0) } == [], "\(count.table)")
        }
    }

    private static func isRare(_ step: String) -> Bool {
        ["judgeOrphans", "replanMissing", "postpone"].contains { step.hasSuffix($0) }
    }

    private func pushAndKill(seed: Int, _ count: KillCount) async throws {
        var (scene, history) = (try await KillScene(), PushHistory(seed: UInt64(seed)))
        let losesJournal = seed % 4 == 3
        var (known, knownAt): ([String: [BackendModel.Run]]?, Int) = (nil, 0)
        for round in 1...12 {
            history.push()
            try await scene.publish(history)
            for _ in 0..<history.number(in: 0...2) {
                let step = KillPoint.step(history.number(in: 1...14))
                let faults = UInt64(history.number(in: 0...3) == 0 ? seed * 100 + round : 0)
                if let kill = try await scene.live(killedAt: step, faults: faults) {
                    count.add(kill: kill)
                }
                if losesJournal, history.number(in: 0...3) == 0 {
                    try scene.loseJournal()
                }
            }
            guard round == 12 || history.number(in: 0...3) == 0 else { continue }
            _ = try await scene.live()
            count.add(passed: try scene.steps)
            let model = try scene.check(history, knownBefore: known, since: knownAt)
            (known, knownAt) = (model.runs, history.trees.count - 1)
        }
        let stable = PushHistory.run(PushHistory.stable, 1)
        // None where the kill came between the start and its note.
        let starts = try scene.backend.starts(of: stable)
        #expect(starts <= 1, "\(scene.log)")
        if !losesJournal {
            #expect(try await scene.unanswered() == [])
        }
    }

    /// Killed at every kind of step: before and after each write and each call. With `--full`, at every step in turn.
    @Test(arguments: KillStory.allCases)
    func `a kill at each kind of step leaves nothing to mend`(story: KillStory) async throws {
        let count = KillCount()
        let whole = try await KillScene.killed(in: story, at: nil)
        for write in story.writes {
            #expect(whole.steps.contains("after write \(write)"), "\(whole.steps)")
        }
        let points =
            Set(whole.steps).sorted().map(KillPoint.first)
            + sweep(0, full: whole.steps.count).map { KillPoint.step($0 + 1) }
        for point in points {
            let (_, _, kill) = try await KillScene.killed(in: story, at: point)
            if let kill {
                count.add(kill: kill)
            }
        }
        count.add(passed: whole.steps)
        print("KillTests: \(story), \(count.table)")
        #expect(count.missed == [], "\(count.table)")
    }
}

extension KillScene {
    /// Holds the backend against the model.
    @discardableResult
    func check(
        _ history: PushHistory,
        knownBefore: [String: [BackendModel.Run]]? = nil,
        since push: Int = 0
    ) throws -> BackendModel {
        let model = BackendModel(history, try backend.records())
        let faults = model.faults(knownBefore: knownBefore, since: push) + [try backend.violations]
        #expect(faults == [""], "push \(history.trees.count - 1)\n\(log)")
        return model
    }
}
