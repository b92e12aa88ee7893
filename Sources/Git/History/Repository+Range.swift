extension Repository {
    /// The commits that a branch got: those that `git log old..new` lists, newest first.
    ///
    /// - Parameters:
    ///   - new: the branch's newest commit; the first of the result.
    ///   - old: what it was before; nil, or no longer in the repository, for the whole history.
    ///   - limit: at most so many, from 1; the oldest are left out.
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

/// The ancestors of one commit that another has not: `limit_list` in git's `revision.c`.
struct CommitRange {
    /// How many commits are looked at beyond the end, for clocks that go wrong, as in git.
    private static let slop = 5

    private let handle: RepositoryHandle
    private let boundary: Set<ObjectID>
    /// Of each commit that was met, whether the older one has it.
    private var isOld: [ObjectID: Bool] = [:]
    private var waiting = CommitQueue<CommitNode>()
    /// Those that wait and are not the older one's.
    private var fresh: Set<ObjectID> = []

    /// - Parameter boundary: the commits whose parents a shallow clone does not have.
    init(_ handle: RepositoryHandle, _ boundary: Set<ObjectID>) {
        self.handle = handle
        self.boundary = boundary
    }

    /// The commits of `old..new`, newest first, at most so many.
    mutating func nodes(upTo new: ObjectID, since old: ObjectID?, limit: Int) throws(GitError) -> [CommitNode] {
        try visit(new, isOld: false)
        if let old, (try? handle.node(old)) != nil {
            try visit(old, isOld: true)
        }
        let isWhole = isOld.values.allSatisfy { !$0 }
        var nodes: [CommitNode] = []
        var rest = Self.slop
        var oldest = Int64.max
        while !fresh.isEmpty || rest > 0, let node = waiting.next() {
            if fresh.isEmpty, node.time < oldest {
                rest -= 1
            }
            let isFirst = fresh.remove(node.id) != nil
            let isOldNow = isOld[node.id] ?? false
            if isFirst, !isOldNow {
                nodes.append(node)
                oldest = min(oldest, node.time)
            }
            // Without an older commit nothing that comes later changes what there is.
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
        waiting.add(node, time: node.time)
    }
}
