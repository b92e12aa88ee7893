extension Repository {
    /// The new commits of a branch, as `git log old..new` lists them, newest first.
    ///
    /// - Parameters:
    ///   - new: the branch's newest commit, which is the first of the result.
    ///   - old: the branch's earlier commit. If it is nil or missing in the repository, the whole history.
    ///   - limit: the maximum number of commits, from 1. The oldest are left out.
    public func commits(upTo new: ObjectID, since old: ObjectID?, limit: Int) throws(GitError) -> [Commit] {
        let (boundary, mailmap) = (handle.shallowBoundary(), handle.mailmap())
        var range = CommitRange(handle, boundary)
        var commits: [Commit] = []
        for node in try range.nodes(upTo: new, since: old, limit: limit) {
            commits.append(try handle.commit(node.id, mailmap, boundary))
        }
        return commits
    }
}

/// The ancestors of one commit that are not ancestors of another: `limit_list` in git's `revision.c`.
struct CommitRange {
    /// How many commits are read beyond the end, because of wrong clocks, as in git.
    private static let slop = 5

    private let handle: RepositoryHandle
    private let boundary: Set<ObjectID>
    /// Whether each visited commit is an ancestor of the older one.
    private var isOld: [ObjectID: Bool] = [:]
    private var waiting = CommitQueue<CommitNode>()
    /// The waiting commits that are not ancestors of the older one.
    private var fresh: Set<ObjectID> = []

    /// - Parameter boundary: the commits whose parents are missing in a shallow clone.
    init(_ handle: RepositoryHandle, _ boundary: Set<ObjectID>) {
        self.handle = handle
        self.boundary = boundary
    }

    /// The commits of `old..new`, newest first, at most `limit`.
    mutating func nodes(upTo new: ObjectID, since old: ObjectID?, limit: Int) throws(GitError) -> [CommitNode] {
        try visit(new, isOld: false)
        if let old, (try? handle.node(old)) != nil {
            try visit(old, isOld: true)
        }
        let isWhole = isOld.values.allSatisfy { !$0 }
        var nodes: [CommitNode] = []
        var rest = Self.slop
        var oldest = Int64.max
        while !fresh.isEmpty || rest > 0, let node = waiting.popNewest() {
            if fresh.isEmpty, node.time < oldest {
                rest -= 1
            }
            let isFirst = fresh.remove(node.id) != nil
            let isOldNow = isOld[node.id] ?? false
            if isFirst, !isOldNow {
                nodes.append(node)
                oldest = min(oldest, node.time)
            }
            // Without an older commit, later commits don't change the result.
            if isWhole, nodes.count >= limit { break }
            for parent in node.parents {
                try visit(parent, isOld: isOldNow)
            }
        }
        return Array(nodes.filter { isOld[$0.id] == false }.prefix(limit))
    }

    private mutating func visit(_ id: ObjectID, isOld new: Bool) throws(GitError) {
        let known = isOld[id]
        guard known != true, known == nil || new else { return }
        isOld[id] = new
        if new {
            fresh.remove(id)
        } else {
            fresh.insert(id)
        }
        let node = try handle.node(id, boundary)
        waiting.insert(node, time: node.time)
    }
}
