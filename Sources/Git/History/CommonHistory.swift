/// Follows two commits back to what they have in common, newest first: `paint_down_to_common` in git's `commit-reach.c`.
///
/// It stops where everything that is left belongs to both. Wrong clocks cost time and change no result.
struct CommonHistory {
    private struct Marks: OptionSet {
        let rawValue: Int
        static let left = Marks(rawValue: 1)
        static let right = Marks(rawValue: 2)
        /// It is an ancestor of something that both have.
        static let stale = Marks(rawValue: 4)
    }

    /// What both have, without the ancestors of others of these; the newest first.
    private(set) var bases: [ObjectID] = []
    /// Whether the boundary of a shallow clone cuts off a part of the left commit's history that may be needed; and of the right one's.
    var isCut: (left: Bool, right: Bool) {
        (cut.contains { marks[$0] == .left }, cut.contains { marks[$0] == .right })
    }

    private let handle: RepositoryHandle
    private let boundary: Set<ObjectID>
    private var marks: [ObjectID: Marks] = [:]
    /// Those that were met at the boundary.
    private var cut: Set<ObjectID> = []
    private var waiting = CommitQueue<CommitNode>()
    /// Those that wait and are not stale.
    private var fresh: Set<ObjectID> = []

    /// - Throws: ``GitError/objectMissing(_:path:)`` where a commit is not there.
    init(_ handle: RepositoryHandle, _ left: ObjectID, _ right: ObjectID) throws(GitError) {
        self.handle = handle
        boundary = handle.shallowBoundary()
        try visit(left, .left)
        try visit(right, .right)
        while !fresh.isEmpty, let commit = waiting.next() {
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
        waiting.add(node, time: node.time)
    }
}
