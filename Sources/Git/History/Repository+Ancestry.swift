extension Repository {
    /// Whether a commit is another one's ancestor, or the same: whether a branch that goes from one to the other is forwarded.
    ///
    /// - Returns: false also where the supposed ancestor is not in the repository any more.
    /// - Throws: ``GitError/historyIncomplete(_:)`` where a shallow clone can't tell.
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

    /// The newest commit that two commits have in common, where their branches parted: the first of ``mergeBases(_:_:)``.
    ///
    /// - Returns: nil where they have none in common.
    /// - Throws: ``GitError`` as ``mergeBases(_:_:)``.
    public func mergeBase(_ left: ObjectID, _ right: ObjectID) throws(GitError) -> ObjectID? {
        try mergeBases(left, right).first
    }

    /// The newest commits that two commits have in common: `git merge-base --all`. There are several where branches were merged into
    /// each other crosswise.
    ///
    /// - Throws: ``GitError/historyIncomplete(_:)`` where a shallow clone does not reach back to one: compare the trees themselves.
    public func mergeBases(_ left: ObjectID, _ right: ObjectID) throws(GitError) -> [ObjectID] {
        guard left != right else { return [try handle.node(left).id] }
        let history = try CommonHistory(handle, left, right)
        guard !history.bases.isEmpty || !(history.isCut.left || history.isCut.right) else {
            throw .historyIncomplete(right)
        }
        return try independent(history.bases)
    }

    /// Without those that others have among their ancestors: clocks that go wrong leave such.
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
