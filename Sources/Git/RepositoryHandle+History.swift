import CLibGit2

extension RepositoryHandle {
    /// The commits that are reachable from one and not from another.
    func ancestors(of commit: ObjectID, without hidden: ObjectID) throws(GitError) -> Set<ObjectID> {
        let walk = try unsafe owned("history", freeing: { unsafe git_revwalk_free($0) }) { made, repository in
            unsafe git_revwalk_new(&made, repository)
        }
        return try unsafe walk.use { (walk: OpaquePointer) throws(GitError) in
            var start = commit.raw
            var end = hidden.raw
            try check(unsafe git_revwalk_push(walk, &start), "commit \(commit)")
            try check(unsafe git_revwalk_hide(walk, &end), "commit \(hidden)")
            var found: Set<ObjectID> = []
            var oid = git_oid()
            while true {
                let code = unsafe git_revwalk_next(&oid, walk)
                if code == GIT_ITEROVER.rawValue { return found }
                try check(code, "history of \(commit)")
                found.insert(ObjectID(oid))
            }
        }
    }

    /// Of some paths, those that a folder's tree does not have.
    func paths(_ paths: [String], missingIn tree: ObjectID, under folder: String) throws(GitError) -> Set<String> {
        let tree = try self.tree(tree)
        return try unsafe tree.use { tree in
            Set(
                paths.filter { path in
                    var entry: OpaquePointer?
                    let code = unsafe git_tree_entry_bypath(&entry, tree, String(path.dropFirst(folder.utf8.count + 1)))
                    unsafe git_tree_entry_free(entry)
                    return code != 0
                }
            )
        }
    }
}
