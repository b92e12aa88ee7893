extension Repository {
    /// Lists everything below a folder at a commit, sorted by the bytes of the path.
    ///
    /// - Parameters:
    ///   - commit: the commit.
    ///   - folder: relative to the root; empty for the root itself. A file in its place is listed as itself.
    /// - Throws: ``GitError/objectMissing(_:path:)`` or ``GitError/objectCorrupt(_:path:message:)`` where any tree of it can't be
    ///   read: the list is whole, or there is none.
    public func tree(at commit: ObjectID, under folder: String) throws(GitError) -> [TreeEntry] {
        try changes(from: nil, to: commit, under: folder).compactMap(\.new)
    }

    /// Whether a commit has a file, or a folder with something in it, at a path. Opens no more than the path's own folders.
    ///
    /// - Throws: ``GitError`` as ``tree(at:under:)``.
    public func hasEntries(at commit: ObjectID, under folder: String) throws(GitError) -> Bool {
        let read: TreeComparison.Reader = { [handle] (id, path) throws(GitError) in try handle.tree(id, at: path) }
        switch try handle.find(folder, in: try handle.node(commit).tree, read) {
        case .nothing: return false
        case .entry: return true
        case .folder(let id): return try handle.tree(id, at: folder).current != nil
        }
    }

    /// The tree of a folder at a commit: two folders with the same tree have the same content.
    ///
    /// - Parameters:
    ///   - folder: relative to the root; nil for the root itself.
    ///   - commit: the commit.
    /// - Throws: ``GitError/folderMissing(_:commit:)`` where the commit has no such folder.
    public func treeID(of folder: String?, at commit: ObjectID) throws(GitError) -> ObjectID {
        let found = try handle.find(folder ?? "", in: try handle.node(commit).tree) { (id, path) throws(GitError) in
            try handle.tree(id, at: path)
        }
        guard let tree = found.folder else { throw .folderMissing(folder ?? "", commit: commit) }
        return tree
    }

    /// Compares a folder of two commits. Folders that are the same in both are not opened. Renames are not looked for.
    ///
    /// - Parameters:
    ///   - old: nil for the empty tree.
    ///   - new: the newer commit.
    ///   - folder: relative to the root; empty for the root itself.
    /// - Returns: what differs, sorted by the bytes of the path; a file in place of a folder is the folder's files deleted and
    ///   a file added.
    /// - Throws: ``GitError/commitVanished(_:)`` where the old commit, or a part of its tree that is needed, is not there any
    ///   more: read the newer commit's whole tree then. Other errors as ``tree(at:under:)``.
    public func changes(from old: ObjectID?, to new: ObjectID, under folder: String) throws(GitError) -> [Change] {
        let readOld: TreeComparison.Reader = { [handle] (id, path) throws(GitError) in
            try Self.asVanished(old) { () throws(GitError) in try handle.tree(id, at: path) }
        }
        let readNew: TreeComparison.Reader = { [handle] (id, path) throws(GitError) in try handle.tree(id, at: path) }
        let before = try old.map { (old) throws(GitError) in
            let root = try Self.asVanished(old) { () throws(GitError) in try handle.node(old).tree }
            return try handle.find(folder, in: root, readOld)
        }
        let after = try handle.find(folder, in: try handle.node(new).tree, readNew)
        var comparison = TreeComparison(readOld: readOld, readNew: readNew)
        try comparison.compare(before?.folder, after.folder, at: folder)
        return Self.ownChange(before, after, at: folder) + comparison.changes
    }

    /// The paths below a folder that commits changed, each against its first parent.
    ///
    /// What can't be read of a commit, and more than so many paths, is left out.
    public func touchedPaths(in commits: [Commit], under folder: String, limit: Int = 100_000) -> Set<String> {
        var paths: Set<String> = []
        for commit in commits {
            guard paths.count <= limit else { break }
            let changes = try? changes(from: commit.parents.first, to: commit.id, under: folder)
            paths.formUnion((changes ?? []).map(\.path))
        }
        return paths
    }

    /// What a commit has at a path; nil where that is nothing, or a folder.
    public func entry(at path: String, in commit: ObjectID) throws(GitError) -> TreeEntry? {
        let read: TreeComparison.Reader = { [handle] (id, path) throws(GitError) in try handle.tree(id, at: path) }
        guard case .entry(let entry) = try handle.find(path, in: try handle.node(commit).tree, read) else { return nil }
        return entry
    }

    /// The change of the folder's own path, where it is no folder on one side or on both.
    private static func ownChange(
        _ before: RepositoryHandle.Found?,
        _ after: RepositoryHandle.Found,
        at path: String
    ) -> [Change] {
        var old: TreeEntry?
        var new: TreeEntry?
        if case .entry(let entry) = before { old = entry }
        if case .entry(let entry) = after { new = entry }
        return old == new ? [] : [Change(path: path, old: old, new: new)]
    }

    private static func asVanished<Result>(
        _ commit: ObjectID?,
        _ read: () throws(GitError) -> Result
    ) throws(GitError) -> Result {
        do throws(GitError) {
            return try read()
        } catch {
            guard let commit, case .objectMissing = error else { throw error }
            throw .commitVanished(commit)
        }
    }
}
