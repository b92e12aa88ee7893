import Foundation
import Jobs
import Testing

@Suite
struct ProgressWatchTests {
    private static let start = Date(timeIntervalSince1970: 1_000_000)

    /// Records samples each second and returns the silent replica at the end.
    private static func silent(
        after seconds: Int,
        deadline: Int = 100,
        _ replicas: [String: (Int) -> (log: Int, cpu: Double)]
    ) -> String? {
        var watch = ProgressWatch(deadline: deadline)
        for second in 0...seconds {
            for (name, sample) in replicas {
                let (log, cpu) = sample(second)
                watch.record(.init(logBytes: log, cpuSeconds: cpu), of: name, at: start + Double(second))
            }
        }
        return watch.silentReplica(at: start + Double(seconds))
    }

    @Test
    func `output or work of any replica is progress`() {
        #expect(Self.silent(after: 300, ["worker-0": { ($0 / 50, 0) }]) == nil)
        #expect(Self.silent(after: 300, ["worker-0": { (0, Double($0) * 0.06) }]) == nil)
        #expect(Self.silent(after: 300, ["worker-0": { (0, Double($0) * 0.04) }]) == "worker-0")
        #expect(Self.silent(after: 99, ["worker-0": { _ in (0, 0) }]) == nil)
        #expect(Self.silent(after: 100, ["worker-0": { _ in (0, 0) }]) == "worker-0")
        #expect(Self.silent(after: 300, ["worker-0": { _ in (0, 0) }, "worker-1": { ($0, 0) }]) == nil)
        // A short burst within the deadline counts by its average.
        #expect(Self.silent(after: 300, ["worker-0": { (0, $0 > 250 ? 6 : 0) }]) == nil)
        #expect(Self.silent(after: 300, ["worker-0": { (0, $0 > 250 ? 4 : 0) }]) == "worker-0")
    }

    @Test
    func `a new step is progress, and the same step again is not`() {
        func silent(_ steps: (Int) -> Int) -> String? {
            var watch = ProgressWatch(deadline: 100)
            for second in 0...300 {
                watch.record(.init(logBytes: 0, cpuSeconds: 0), of: "worker-0", at: Self.start + Double(second))
                watch.recordStep(steps(second), at: Self.start + Double(second))
            }
            return watch.silentReplica(at: Self.start + 300)
        }
        #expect(silent { $0 / 90 } == nil)
        #expect(silent { min($0, 201) } == nil)
        #expect(silent { min($0, 200) } == "worker-0")
    }

    @Test
    func `the replica that fell silent first is named`() {
        let replicas: [String: (Int) -> (log: Int, cpu: Double)] = [
            "worker-0": { (min($0, 120), 0) }, "worker-1": { (min($0, 90), 0) }, "ps-0": { (0, min(Double($0), 100)) },
        ]
        #expect(Self.silent(after: 219, replicas) == nil)
        #expect(Self.silent(after: 230, replicas) == "worker-1")
    }

    @Test
    func `a copy goes on after a pause, and counts the silence before it and during it`() throws {
        /// A watch that was restored after the pause, and saw the replica silent or not.
        func silent(pause: Int, bytes: Int, cpu: Double, changed: Double) throws -> Bool {
            var watch = ProgressWatch(deadline: 100)
            for second in 0...50 {
                watch.record(.init(logBytes: 7, cpuSeconds: 0), of: "worker-0", at: Self.start + Double(second))
            }
            watch = try JSONDecoder().decode(ProgressWatch.self, from: JSONEncoder().encode(watch.copy))
            #expect(watch.hasDeadline(100) && !watch.hasDeadline(99))
            let now = Self.start + Double(50 + pause)
            let sample = ProgressWatch.Sample(logBytes: bytes, cpuSeconds: cpu, lastOutput: Self.start + changed)
            watch.record(sample, of: "worker-0", at: now)
            return watch.silentReplica(at: now) == "worker-0"
        }
        #expect(try silent(pause: 50, bytes: 7, cpu: 0, changed: 0))
        #expect(try !silent(pause: 49, bytes: 7, cpu: 0, changed: 0))
        #expect(try !silent(pause: 60, bytes: 8, cpu: 0, changed: 55))
        #expect(try silent(pause: 120, bytes: 8, cpu: 0, changed: 55))
        #expect(try !silent(pause: 60, bytes: 7, cpu: 30, changed: 0))
    }

    @Test
    func `a log that is touched and can't grow is progress, as on a full disk`() {
        for changes in [true, false] {
            var watch = ProgressWatch(deadline: 100)
            for second in 0...200 {
                let changed = Self.start + Double(changes ? second : 0)
                let sample = ProgressWatch.Sample(logBytes: 7, cpuSeconds: 0, lastOutput: changed)
                watch.record(sample, of: "worker-0", at: Self.start + Double(second))
            }
            #expect(watch.silentReplica(at: Self.start + 200) == (changes ? nil : "worker-0"))
        }
    }

    @Test
    func `a copy has few samples`() throws {
        var watch = ProgressWatch(deadline: 1000)
        for second in 0...2000 {
            watch.record(.init(logBytes: 7, cpuSeconds: 0), of: "worker-0", at: Self.start + Double(second))
        }
        #expect(try JSONEncoder().encode(watch.copy).count < 2000)
        #expect(watch.copy.silentReplica(at: Self.start + 2000) == "worker-0")
    }

    @Test
    func `a replica that ended is not waited for`() {
        var watch = ProgressWatch(deadline: 10)
        for second in 0...20 {
            watch.record(.init(logBytes: second, cpuSeconds: 0), of: "worker-1", at: Self.start + Double(second))
            watch.record(.init(logBytes: 0, cpuSeconds: 0), of: "worker-0", at: Self.start + Double(second))
        }
        #expect(watch.silentReplica(at: Self.start + 20) == nil)
        watch.remove("worker-1")
        #expect(watch.silentReplica(at: Self.start + 20) == "worker-0")
        watch.remove("worker-0")
        #expect(watch.silentReplica(at: Self.start + 20) == nil)
    }
}
