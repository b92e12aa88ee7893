import Foundation
import Jobs
import TestSupport
import Testing

/// Whatever moment the service is killed at: afterwards the backend has what the newest commit says, once.
@Suite
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
            #expect(count.missed == [], "\(count.table)")
        }
    }

    private func pushAndKill(seed: Int, _ count: KillCount) async throws {
        var (scene, history) = (try await KillScene(), PushHistory(seed: UInt64(seed)))
        let losesJournal = seed % 4 == 3
        var (known, knownAt): ([String: [BackendModel.Run]]?, Int) = (nil, 0)
        for round in 1...12 {
            history.push()
            try await scene.publish(history)
            for _ in 0..<history.number(in: 0...2) {
                let step = history.number(in: 1...14)
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
        let stable = RunID(key: JobKey(cluster: "default", partition: "team-a", id: PushHistory.stable), number: 1)
        // None where the kill came between the start and its note.
        let starts = try scene.backend.starts(of: stable)
        #expect(starts <= 1, "\(scene.log)")
        if !losesJournal {
            #expect(try await scene.unanswered() == [])
        }
    }

    /// One push of each kind of change, killed at every step in turn: before and after each write and each call.
    @Test
    func `a kill at each step of each kind of action leaves nothing to mend`() async throws {
        let first = [
            "b": ["run", "1"], "c": ["finish", "1"], "d": ["run", "1"], "e": ["run", "1"], "f": ["run", "1"],
        ]
        .mapValues { JobVersion(identity: .init(args: $0, rerun: 0)) }
        .merging(["g": JobVersion(identity: .init(args: ["run", "1"], rerun: 0), isSuspended: true)]) { $1 }
        var second = first
        second["b"]?.identity.args = ["run", "2"]
        second["c"]?.identity.rerun = 1
        second["d"]?.isSuspended = true
        second["e"] = nil
        second["f"]?.priority = 1
        second["g"]?.isSuspended = false
        second["h"] = JobVersion(identity: .init(args: ["run", "1"], rerun: 0), dependsOn: ["c"])
        let history = PushHistory([first, second])
        let count = KillCount()
        let whole = try await KillScene.killed(history, at: nil)
        try whole.scene.check(history)
        count.add(passed: whole.steps)
        let stride = sweep(5, full: 1).count
        for step in Swift.stride(from: 1, through: whole.steps.count, by: stride) {
            let (scene, steps, kill) = try await KillScene.killed(history, at: step)
            try scene.check(history)
            count.add(passed: steps)
            if let kill {
                count.add(kill: kill)
            }
        }
        print("KillTests: one push, \(count.table)")
        // Not all: how often a run is looked at is a matter of time, and a life may have fewer steps than the one that was counted.
        #expect(count.sum >= whole.steps.count / stride / 2, "\(count.table)")
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
