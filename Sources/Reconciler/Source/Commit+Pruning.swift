public import Git
import Jobs

extension Commit {
    /// Whether its message releases the deletes that ``PruneGuard`` holds.
    public var approvesPruning: Bool {
        trailers(PruneGuard.trailer).contains { $0.lowercased() == PruneGuard.approval }
    }
}
