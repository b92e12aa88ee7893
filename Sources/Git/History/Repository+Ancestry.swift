import CLibGit2

extension Repository {
    /// Whether a commit is another one's ancestor, or the same: whether a branch that goes from one to the other is forwarded.
    ///
    /// - Returns: false also where the supposed ancestor is not in the repository any more.
    /// - Throws: ``GitError/historyIncomplete(_:)`` where a shallow clone can't tell.
    public func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
        guard ancestor != commit else { return true }
        let boundary = handle.shallowBoundary()
        guard boundary.isEmpty else {
            let ancestors = try handle.ancestors(of: commit, boundary)
            if ancestors.commits.contains(ancestor) { return true }
            guard ancestors.isWhole else { throw .historyIncomplete(commit) }
            return false
        }
        do throws(GitError) {
            _ = try handle.node(ancestor)
        } catch {
            guard case .objectMissing = error else { throw error }
            return false
        }
        var (old, new) = (ancestor.raw, commit.raw)
        let code = unsafe handle.use { unsafe git_graph_descendant_of($0, &new, &old) }
        try check(code, "history of \(commit)")
        return code == 1
    }

    /// The newest commit that two commits have in common, where their branches parted.
    ///
    /// - Returns: nil where they have none in common. Where there is more than one, one of `git merge-base --all`.
    /// - Throws: ``GitError/historyIncomplete(_:)`` where a shallow clone does not reach back to it: compare the trees themselves.
    public func mergeBase(_ left: ObjectID, _ right: ObjectID) throws(GitError) -> ObjectID? {
        let boundary = handle.shallowBoundary()
        guard boundary.isEmpty else { return try handle.mergeBase(left, right, boundary) }
        for id in [left, right] {
            _ = try handle.node(id)
        }
        var (one, two, base) = (left.raw, right.raw, git_oid())
        let code = unsafe handle.use { unsafe git_merge_base(&base, $0, &one, &two) }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "history of \(left) and \(right)")
        return ObjectID(base)
    }
}

/// libgit2 1.5 walks over the boundary of a shallow clone and fails. What lies before it is little, and walked here.
extension RepositoryHandle {
    func ancestors(
        of commit: ObjectID,
        _ boundary: Set<ObjectID>
    ) throws(GitError) -> (commits: Set<ObjectID>, isWhole: Bool) {
        var commits: Set<ObjectID> = [commit]
        var next = [commit]
        while let id = next.popLast() {
            guard !boundary.contains(id) else { continue }
            for parent in try node(id).parents where commits.insert(parent).inserted {
                next.append(parent)
            }
        }
        return (commits, commits.isDisjoint(with: boundary))
    }

    fileprivate func mergeBase(
        _ left: ObjectID,
        _ right: ObjectID,
        _ boundary: Set<ObjectID>
    ) throws(GitError) -> ObjectID? {
        let ancestors = try ancestors(of: left, boundary)
        var isWhole = ancestors.isWhole
        var seen: Set<ObjectID> = [right]
        var waiting = CommitQueue<CommitNode>()
        waiting.add(try node(right), time: .max)
        while let commit = waiting.next() {
            if ancestors.commits.contains(commit.id) { return commit.id }
            if boundary.contains(commit.id) {
                isWhole = false
                continue
            }
            for parent in commit.parents where seen.insert(parent).inserted {
                let node = try node(parent)
                waiting.add(node, time: node.time)
            }
        }
        guard isWhole else { throw .historyIncomplete(right) }
        return nil
    }
}
