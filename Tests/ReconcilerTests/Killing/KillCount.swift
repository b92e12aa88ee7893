import Synchronization

/// The kills of a sweep, by the step that each came at: `before write intend`, `after call start`.
final class KillCount: Sendable {
    private struct State {
        var kills: [String: Int] = [:]
        var passed: Set<String> = []
    }

    private let state = Mutex(State())

    /// Counts a life that ended by a kill.
    func add(kill step: String) {
        state.withLock { $0.kills[step, default: 0] += 1 }
    }

    /// Keeps in mind the steps of a life that came to its end.
    func add(passed steps: some Sequence<String>) {
        state.withLock { $0.passed.formUnion(steps) }
    }

    var sum: Int { state.withLock { $0.kills.values.reduce(0, +) } }

    /// The steps that some life had and at which none was ended, sorted. A step has two sides, which count as two.
    var missed: [String] {
        state.withLock { state in
            let kinds = Set((state.passed.union(state.kills.keys)).map { $0.drop { $0 != " " } })
            return kinds.flatMap { ["before\($0)", "after\($0)"] }.filter { state.kills[$0] == nil }.sorted()
        }
    }

    /// All of it, a line each step.
    var table: String {
        let lines = state.withLock { state in
            state.kills.sorted { $0.key < $1.key }.map { "  \($0.value) \($0.key)" }
        }
        return "\(sum) kills, none \(missed)\n" + lines.joined(separator: "\n")
    }
}
