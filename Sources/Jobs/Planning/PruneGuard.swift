/// Holds the deletes of a push that removes suspiciously many jobs at once.
public struct PruneGuard: Sendable, Equatable {
    /// What a push did to the branch as a whole.
    public struct Range: Sendable, Equatable {
        /// Whether the newer commit has the older one among its ancestors.
        public var isForward: Bool
        /// Whether the push removed `clusters/`.
        public var isEmptied: Bool
        /// Whether a commit of the range has the trailer ``PruneGuard/trailer`` with the value ``PruneGuard/approval``.
        public var isApproved: Bool

        /// Creates a range; by default an ordinary push.
        public init(isForward: Bool = true, isEmptied: Bool = false, isApproved: Bool = false) {
            self.isForward = isForward
            self.isEmptied = isEmptied
            self.isApproved = isApproved
        }
    }

    /// A line `Prune: approve` at the end of a commit message releases what is held.
    public static let trailer = "Prune"
    /// The trailer's value, in any case of letters.
    public static let approval = "approve"

    /// Up to this number, the deletes of a cluster in one range are never held. From 0; default: 10.
    public var limit: Int
    /// Up to this fraction of a cluster's jobs, deletes are never held. From 0 to 1; default: 0.2.
    public var fraction: Double

    /// Creates a guard; by default it holds more than 10 deletes if they are more than a fifth of the cluster's jobs.
    public init(limit: Int = 10, fraction: Double = 0.2) {
        self.limit = limit
        self.fraction = fraction
    }

    /// Whether the number of a cluster's jobs matters for so many deletes.
    public func needsTotal(deleting deleted: Int) -> Bool { deleted > limit }

    /// Why a range's deletes are held.
    ///
    /// - Parameters:
    ///   - deleted: how many job files of a cluster the range removes.
    ///   - total: how many the cluster had before.
    ///   - cluster: its id.
    ///   - range: what else the range did.
    /// - Returns: a sentence that says how to continue; nil if the deletes are applied.
    public func reason(deleting deleted: Int, of total: Int, in cluster: String, _ range: Range) -> String? {
        guard deleted > 0, !range.isApproved else { return nil }
        let cause: String
        // Git knows no empty folders: a push that removes the one job that is left may mean it.
        if range.isEmptied, deleted > 1 {
            cause = "clusters/ is gone from the branch"
        } else if !range.isForward {
            cause = "the branch was rewritten"
        } else if needsTotal(deleting: deleted), Double(deleted) > fraction * Double(total) {
            cause = "one push removes \(deleted) of the \(total) jobs of the cluster \"\(cluster)\""
        } else {
            return nil
        }
        return
            "\(cause), so the job is not deleted: bring the file back, or push a commit whose message ends with a line "
            + "\"\(Self.trailer): \(Self.approval)\""
    }
}
