extension Repository {
    /// Reads a commit.
    ///
    /// - Throws: ``GitError/objectMissing(_:path:)`` where it is not there.
    public func commit(_ id: ObjectID) throws(GitError) -> Commit {
        try handle.commit(id, handle.mailmap(), handle.shallowBoundary())
    }
}

extension Repository {
    /// Why a `.mailmap` counts for nothing though it is there: a sentence; nil where all of them count.
    public func mailmapFault() -> String? { handle.mailmapFault() }
}

extension RepositoryHandle {
    func commit(_ id: ObjectID, _ mailmap: Mailmap, _ boundary: Set<ObjectID>) throws(GitError) -> Commit {
        let commit = try commitObject(id)
        return Commit(
            id: id,
            tree: commit.tree,
            parents: boundary.contains(id) ? [] : commit.parents,
            author: commit.author(mailmap),
            committer: commit.committer(mailmap),
            message: commit.message
        )
    }
}
