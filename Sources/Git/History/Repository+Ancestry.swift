extension Repository {
    /// Whether a commit is an ancestor of another one or the same, so that moving a branch between them is a
    /// fast-forward.
    ///
    /// - Returns: false also if the supposed ancestor is not in the repository any more.
    /// - Throws: ``GitError/historyIncomplete(_:)`` if a shallow clone does not have enough history.
    public func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
        guard ancestor != commit else { return true }
        do throws(GitError) {
            _ = try handle.node(ancestor)
        } catch {
            guard case .objectMissing = error else { throw error }
            return false
        }
        let history = try CommonHistory(handle, ancestor, commit)
        if history.bases.contains(ancestor) { return true }
        guard !history.isCut.right else { throw .historyIncomplete(commit) }
        return false
    }

    /// The best common ancestors of two commits: `git merge-base --all`. There are several after criss-cross merges.
    ///
    /// - Returns: the newest first; empty without a common ancestor.
    /// - Throws: ``GitError/historyIncomplete(_:)`` if a shallow clone does not have enough history: compare the
    ///   trees themselves.
    public func mergeBases(_ left: ObjectID, _ right: ObjectID) throws(GitError) -> [ObjectID] {
        guard left != right else { return [try handle.node(left).id] }
        let history = try CommonHistory(handle, left, right)
        guard !history.bases.isEmpty || !(history.isCut.left || history.isCut.right) else {
            throw .historyIncomplete(right)
        }
        return try independent(history.bases)
    }

    /// Removes the ancestors of other bases, which wrong clocks can leave.
    private func independent(_ bases: [ObjectID]) throws(GitError) -> [ObjectID] {
        guard bases.count > 1 else { return bases }
        var result: [ObjectID] = []
        for base in bases {
            var isNeeded = true
            for other in bases where other != base && isNeeded {
                isNeeded = try !CommonHistory(handle, base, other).bases.contains(base)
            }
            if isNeeded {
                result.append(base)
            }
        }
        return result
    }
}

/// Walks from two commits to their common ancestors, newest first: `paint_down_to_common` in git's `commit-reach.c`.
///
/// It stops when all remaining commits belong to both. Wrong clocks cost time but don't change the result.
struct CommonHistory {
    private struct Marks: OptionSet {
        let rawValue: Int
        static let left = Marks(rawValue: 1)
        static let right = Marks(rawValue: 2)
        /// The commit is an ancestor of a common ancestor.
        static let stale = Marks(rawValue: 4)
    }

    /// The best common ancestors, newest first.
    private(set) var bases: [ObjectID] = []
    /// Whether the boundary of a shallow clone may hide needed history of the left and of the right commit.
    var isCut: (left: Bool, right: Bool) {
        (cut.contains { marks[$0] == .left }, cut.contains { marks[$0] == .right })
    }

    private let handle: RepositoryHandle
    private let boundary: Set<ObjectID>
    private var marks: [ObjectID: Marks] = [:]
    /// The visited commits at the boundary.
    private var cut: Set<ObjectID> = []
    private var waiting = CommitQueue<CommitNode>()
    /// The waiting commits that are not stale.
    private var fresh: Set<ObjectID> = []

    /// - Throws: ``GitError/objectMissing(_:path:)`` if a commit is missing.
    init(_ handle: RepositoryHandle, _ left: ObjectID, _ right: ObjectID) throws(GitError) {
        self.handle = handle
        boundary = handle.shallowBoundary()
        try visit(left, .left)
        try visit(right, .right)
        while !fresh.isEmpty, let commit = waiting.popNewest() {
            try follow(commit)
        }
        bases = bases.filter { marks[$0]?.contains(.stale) == false }
    }

    private mutating func follow(_ commit: CommitNode) throws(GitError) {
        fresh.remove(commit.id)
        var handed = marks[commit.id] ?? []
        if handed.isSuperset(of: [.left, .right]) {
            if !handed.contains(.stale), !bases.contains(commit.id) {
                bases.append(commit.id)
            }
            handed.insert(.stale)
        }
        if boundary.contains(commit.id) {
            cut.insert(commit.id)
        }
        for parent in commit.parents {
            try visit(parent, handed)
        }
    }

    private mutating func visit(_ id: ObjectID, _ new: Marks) throws(GitError) {
        let known = marks[id] ?? []
        guard !known.isSuperset(of: new) else { return }
        let all = known.union(new)
        marks[id] = all
        if all.contains(.stale) {
            fresh.remove(id)
        } else {
            fresh.insert(id)
        }
        let node = try handle.node(id, boundary)
        waiting.insert(node, time: node.time)
    }
}
