import Jobs
import Journal

/// A cluster or a partition, with its jobs by phase: every phase is there, also with 0.
struct CountsObject: Encodable {
    private let id: String
    private let total: Int
    private let counts: [String: Int]

    init(_ group: JobCounts.Group) {
        self.init(sum: [group], id: group.id)
    }

    /// What some groups have together.
    init(sum groups: [JobCounts.Group], id: String) {
        self.id = id
        let phases = groups.reduce(into: [:]) { sum, group in sum.merge(group.phases, uniquingKeysWith: +) }
        total = phases.values.reduce(0, +)
        counts = Dictionary(uniqueKeysWithValues: Phase.allCases.map { ($0.rawValue, phases[$0, default: 0]) })
    }
}
