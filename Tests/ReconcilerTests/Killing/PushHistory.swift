import Jobs
import TestSupport

/// Pushes of random changes: the tree of each, in the test's own terms, is what the backend is held against.
struct PushHistory {
    /// By id, after each push.
    private(set) var trees: [[String: JobVersion]] = [[:]]
    private var generator: SeededGenerator

    /// The one job that no push ever touches again.
    static let stable = "a-stable"
    static let ids = ["b", "c", "d", "e", "f", "g"]

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Pushes that are known beforehand.
    init(_ trees: [[String: JobVersion]]) {
        self.init(seed: 0)
        self.trees += trees
    }

    /// A run of one of the jobs.
    static func run(_ id: String, _ number: Int) -> RunID {
        RunID(key: JobKey(cluster: "default", partition: "team-a", id: id), number: number)
    }

    /// The first pushes.
    func prefix(_ count: Int) -> PushHistory {
        var copy = self
        copy.trees = Array(trees.prefix(count + 1))
        return copy
    }

    var tree: [String: JobVersion] { trees[trees.count - 1] }

    mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Makes the next tree: one to three changes.
    mutating func push() {
        var tree = tree
        if tree.isEmpty {
            tree[Self.stable] = JobVersion(identity: .init(args: ["run"], rerun: 0))
        }
        for _ in 0..<number(in: 1...3) {
            change(&tree)
        }
        trees.append(tree)
    }

    private mutating func change(_ tree: inout [String: JobVersion]) {
        let id = Self.ids[number(in: 0...(Self.ids.count - 1))]
        guard var version = tree[id] else {
            tree[id] = newVersion(id, tree)
            return
        }
        switch number(in: 0...11) {
        case 0, 1: version.priority += 1
        case 2, 3: version.identity.args = args()
        case 4, 5: version.isSuspended.toggle()
        case 6: version.identity.rerun += 1
        case 7, 8:
            version.isBroken.toggle()
        case 9: version.dependsOn = dependencies(of: id, tree)
        default:
            tree[id] = nil
            return
        }
        tree[id] = version
    }

    private mutating func newVersion(_ id: String, _ tree: [String: JobVersion]) -> JobVersion {
        var version = JobVersion(identity: .init(args: args(), rerun: 0))
        version.isSuspended = number(in: 0...9) == 0
        version.isBroken = number(in: 0...9) == 0
        version.dependsOn = number(in: 0...3) == 0 ? dependencies(of: id, tree) : []
        return version
    }

    private mutating func args() -> [String] {
        [number(in: 0...1) == 0 ? "finish" : "run", "\(number(in: 0...2))"]
    }

    /// Only earlier ids, so that no circle comes about.
    private mutating func dependencies(of id: String, _ tree: [String: JobVersion]) -> [String] {
        let earlier = tree.keys.filter { $0 < id && $0 != Self.stable }.sorted()
        return earlier.isEmpty ? [] : [earlier[number(in: 0...(earlier.count - 1))]]
    }
}
