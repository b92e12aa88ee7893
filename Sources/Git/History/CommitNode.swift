import CLibGit2

/// Where a commit stands in history: what a walk needs of it.
struct CommitNode {
    let id: ObjectID
    let tree: ObjectID
    let parents: [ObjectID]
    /// The committer's time, in seconds since 1970: what `git log` sorts by.
    let time: Int64
}

extension RepositoryHandle {
    /// Reads a commit without its people and its message.
    func node(_ id: ObjectID) throws(GitError) -> CommitNode {
        try unsafe commit(id).use { commit in
            unsafe CommitNode(
                id: id,
                tree: ObjectID(git_commit_tree_id(commit).pointee),
                parents: Self.parents(of: commit),
                time: git_commit_time(commit)
            )
        }
    }

    /// Looks up a commit.
    func commit(_ id: ObjectID) throws(GitError) -> Owned {
        try checkWhole(id, at: nil)
        var oid = id.raw
        do throws(LibraryFailure) {
            return try unsafe owned(freeing: { unsafe git_commit_free($0) }) { made, repository in
                unsafe git_commit_lookup(&made, repository, &oid)
            }
        } catch {
            throw .unreadable(id, path: nil, error)
        }
    }

    static func parents(of commit: OpaquePointer) -> [ObjectID] {
        (0..<(unsafe git_commit_parentcount(commit))).compactMap { index in
            unsafe git_commit_parent_id(commit, index).map { unsafe ObjectID($0.pointee) }
        }
    }
}
