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
        let commit = try commitObject(id)
        return CommitNode(id: id, tree: commit.tree, parents: commit.parents, time: commit.time)
    }

    /// Reads a commit; without parents at the boundary of a shallow clone.
    func node(_ id: ObjectID, _ boundary: Set<ObjectID>) throws(GitError) -> CommitNode {
        let node = try node(id)
        guard boundary.contains(id) else { return node }
        return CommitNode(id: id, tree: node.tree, parents: [], time: node.time)
    }

    /// Reads a commit.
    ///
    /// libgit2's own look-up refuses commits without a mail address, with dates of many digits and more, which git reads.
    func commitObject(_ id: ObjectID) throws(GitError) -> CommitObject {
        let bytes = try bytes(of: id, GIT_OBJECT_COMMIT, at: nil)
        do throws(CommitObject.Malformed) {
            return try CommitObject(bytes)
        } catch {
            throw .objectCorrupt(id, path: nil, message: error.reason)
        }
    }
}
