import Jobs
import Journal

/// A cluster or a partition, with its jobs by phase: every phase is there, also with 0.
struct CountsObject: Encodable {
    private let id: String
    private let total: Int
    private let counts: [String: Int]

    init(_ group: JobCounts.Group) {
        id = group.id
        total = group.phases.values.reduce(0, +)
        counts = Dictionary(
            uniqueKeysWithValues: Phase.allCases.map { ($0.rawValue, group.phases[$0, default: 0]) }
        )
    }
}
