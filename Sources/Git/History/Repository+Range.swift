import CLibGit2

extension Repository {
    /// The commits that a branch got: those that `git log old..new` lists, newest first.
    ///
    /// - Parameters:
    ///   - new: the branch's newest commit; the first of the result.
    ///   - old: what it was before; nil, or no longer in the repository, for the whole history.
    ///   - limit: at most so many, from 1; the oldest are left out.
    public func commits(upTo new: ObjectID, since old: ObjectID?, limit: Int) throws(GitError) -> [Commit] {
        let boundary = handle.shallowBoundary()
        let nodes = try boundary.isEmpty ? walk(new, old, limit) : walk(new, old, limit, boundary)
        let mailmap = handle.mailmap()
        var commits: [Commit] = []
        for node in nodes {
            let parents = boundary.contains(node.id) ? [] : node.parents
            commits.append(try handle.commit(node.id, mailmap, parents: parents))
        }
        return commits
    }

    private func walk(_ new: ObjectID, _ old: ObjectID?, _ limit: Int) throws(GitError) -> [CommitNode] {
        let old = old.flatMap { id in (try? handle.node(id)) == nil ? nil : id }
        var ids: [ObjectID] = []
        do throws(LibraryFailure) {
            let walk = try unsafe handle.owned(freeing: { unsafe git_revwalk_free($0) }) { made, repository in
                unsafe git_revwalk_new(&made, repository)
            }
            try unsafe walk.use { (walk: OpaquePointer) throws(LibraryFailure) in
                var start = new.raw
                try LibraryFailure.check(unsafe git_revwalk_push(walk, &start))
                if let old {
                    var end = old.raw
                    try LibraryFailure.check(unsafe git_revwalk_hide(walk, &end))
                }
                var next = git_oid()
                while ids.count < limit {
                    let code = unsafe git_revwalk_next(&next, walk)
                    if code == GIT_ITEROVER.rawValue { break }
                    try LibraryFailure.check(code)
                    ids.append(ObjectID(next))
                }
            }
        } catch {
            throw .unreadable(new, path: nil, error)
        }
        var nodes: [CommitNode] = []
        for id in ids {
            nodes.append(try handle.node(id))
        }
        return nodes
    }

    /// libgit2 1.5 walks over the boundary of a shallow clone and fails. What lies before it is little, and walked here.
    private func walk(
        _ new: ObjectID,
        _ old: ObjectID?,
        _ limit: Int,
        _ boundary: Set<ObjectID>
    ) throws(GitError) -> [CommitNode] {
        var seen = try old.map { old throws(GitError) in try handle.ancestors(of: old, boundary).commits } ?? []
        var nodes: [CommitNode] = []
        var waiting = CommitQueue<CommitNode>()
        if seen.insert(new).inserted {
            waiting.add(try handle.node(new), time: .max)
        }
        while nodes.count < limit, let node = waiting.next() {
            nodes.append(node)
            guard !boundary.contains(node.id) else { continue }
            for parent in node.parents where seen.insert(parent).inserted {
                let node = try handle.node(parent)
                waiting.add(node, time: node.time)
            }
        }
        return nodes
    }
}
