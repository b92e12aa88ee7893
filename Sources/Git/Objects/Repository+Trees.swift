extension Repository {
    /// Lists everything below a folder at a commit, sorted by the bytes of the path.
    ///
    /// - Parameters:
    ///   - commit: the commit.
    ///   - folder: relative to the root; empty for the root itself. A file at this path is listed itself.
    /// - Throws: ``GitError/objectMissing(_:path:)`` or ``GitError/objectCorrupt(_:path:message:)`` if any tree can't
    ///   be read: the list is never partial.
    public func tree(at commit: ObjectID, under folder: String) throws(GitError) -> [TreeEntry] {
        try changes(from: nil, to: commit, under: folder).compactMap(\.new)
    }

    /// Whether a commit has a file or a non-empty folder at a path. Opens only the folders of the path.
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
    /// - Throws: ``GitError/folderMissing(_:commit:)`` if the commit does not have the folder.
    public func treeID(of folder: String?, at commit: ObjectID) throws(GitError) -> ObjectID {
        let found = try handle.find(folder ?? "", in: try handle.node(commit).tree) { (id, path) throws(GitError) in
            try handle.tree(id, at: path)
        }
        guard let tree = found.folder else { throw .folderMissing(folder ?? "", commit: commit) }
        return tree
    }

    /// Compares a folder of two commits without opening equal folders. It does not detect renames.
    ///
    /// - Parameters:
    ///   - old: nil for the empty tree.
    ///   - new: the newer commit.
    ///   - folder: relative to the root; empty for the root itself.
    /// - Returns: the changes, sorted by the bytes of the path. A file in place of a folder gives deleted files and
    ///   an added file.
    /// - Throws: ``GitError/commitVanished(_:)`` if the old commit or a needed part of its tree is missing: read the
    ///   newer commit's whole tree then. Other errors as ``tree(at:under:)``.
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

    /// The paths below a folder that commits changed, compared with their first parents.
    ///
    /// Commits that can't be read are skipped, and the search ends after `limit` paths.
    public func touchedPaths(in commits: [Commit], under folder: String, limit: Int = 100_000) -> Set<String> {
        var paths: Set<String> = []
        for commit in commits {
            guard paths.count <= limit else { break }
            let changes = try? changes(from: commit.parents.first, to: commit.id, under: folder)
            paths.formUnion((changes ?? []).map(\.path))
        }
        return paths
    }

    /// The entry of a commit at a path; nil for a folder or an absent path.
    public func entry(at path: String, in commit: ObjectID) throws(GitError) -> TreeEntry? {
        let read: TreeComparison.Reader = { [handle] (id, path) throws(GitError) in try handle.tree(id, at: path) }
        guard case .entry(let entry) = try handle.find(path, in: try handle.node(commit).tree, read) else { return nil }
        return entry
    }

    /// The change of the folder's own path if it is not a folder in at least one commit.
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

/// An item of a folder.
public enum TreeItem: Sendable, Hashable {
    /// A folder, with the id of its tree.
    case folder(ObjectID)
    /// A file, a symbolic link or a submodule.
    case entry(TreeEntry)
}

extension Repository {
    /// The tree of a commit.
    ///
    /// - Throws: ``GitError`` if the commit is missing or damaged.
    public func rootTree(of commit: ObjectID) throws(GitError) -> ObjectID {
        try handle.node(commit).tree
    }

    /// Lists one folder without its subfolders' content.
    ///
    /// - Parameters:
    ///   - tree: the folder's tree.
    ///   - path: the folder's path relative to the repository's root; empty for the root.
    /// - Returns: the items by name. In names, U+FFFD replaces bytes that are not UTF-8.
    /// - Throws: ``GitError`` if the tree is missing or damaged.
    public func items(of tree: ObjectID, at path: String) throws(GitError) -> [String: TreeItem] {
        var items: [String: TreeItem] = [:]
        var object = try handle.tree(tree, at: path)
        while let entry = object.current {
            let name = String(decoding: object.name(of: entry), as: UTF8.self)
            let entryPath = path.isEmpty ? name : "\(path)/\(name)"
            items[name] = entry.entry(at: entryPath).map(TreeItem.entry) ?? .folder(entry.id)
            try object.advance(tree, at: path)
        }
        return items
    }
}

extension RepositoryHandle {
    /// The result of looking up a path in a commit.
    enum Found {
        case nothing
        case folder(ObjectID)
        case entry(TreeEntry)

        /// The folder's tree; nil if the path is not a folder.
        var folder: ObjectID? {
            if case .folder(let id) = self { id } else { nil }
        }
    }

    /// Looks up a path.
    ///
    /// - Parameters:
    ///   - path: relative to the root, with `/` between names; empty for the root itself.
    ///   - root: the commit's tree.
    ///   - read: reads a tree by its id and its path.
    func find(_ path: String, in root: ObjectID, _ read: TreeComparison.Reader) throws(GitError) -> Found {
        var found = Found.folder(root)
        var folder = ""
        for name in path.split(separator: "/") {
            guard case .folder(let id) = found else { return .nothing }
            var tree = try read(id, folder)
            folder = folder.isEmpty ? String(name) : "\(folder)/\(name)"
            found = .nothing
            while let entry = tree.current {
                if tree.name(of: entry).elementsEqual(name.utf8) {
                    found = entry.entry(at: folder).map { .entry($0) } ?? .folder(entry.id)
                    break
                }
                try tree.advance(id, at: folder)
            }
        }
        return found
    }
}

extension Repository {
    /// The changes below a folder that merging a commit into another one makes: compares the merged commit with the
    /// merge base.
    ///
    /// After criss-cross merges there are several merge bases, and each base alone lacks a change that both commits
    /// have. The bases are then merged file by file, as git does: if one base has changed a file since the bases' own
    /// common base, its version counts. If both have changed it, the target's version counts.
    ///
    /// - Parameters:
    ///   - bases: ``mergeBases(_:_:)`` of both commits, at least one.
    ///   - target: the commit that receives the merge.
    ///   - commit: the merged commit.
    ///   - folder: relative to the root.
    /// - Throws: ``GitError`` as ``changes(from:to:under:)``.
    public func mergeChanges(
        bases: [ObjectID],
        into target: ObjectID,
        of commit: ObjectID,
        under folder: String
    ) throws(GitError) -> [Change] {
        guard let first = bases.first else { return try changes(from: nil, to: commit, under: folder) }
        let changes = try changes(from: first, to: commit, under: folder)
        guard bases.count > 1 else { return changes }
        var merged = Dictionary(changes.map { ($0.path, $0) }) { $1 }
        for (path, entry) in try mergedFiles(of: bases, target, under: folder) {
            let new: TreeEntry? =
                if let change = merged[path] { change.new } else { try self.entry(at: path, in: commit) }
            merged[path] = entry == new ? nil : Change(path: path, old: entry, new: new)
        }
        return merged.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// The files of the merged bases that differ from the first base; nil for a file that only the first base has.
    private func mergedFiles(
        of bases: [ObjectID],
        _ target: ObjectID,
        under folder: String
    ) throws(GitError) -> [String: TreeEntry?] {
        var files: [String: TreeEntry?] = [:]
        for base in bases.dropFirst() {
            let origin = try mergeBases(bases[0], base).first
            for change in try changes(from: bases[0], to: base, under: folder) {
                let before: TreeEntry? = if let origin { try entry(at: change.path, in: origin) } else { nil }
                let ours = files[change.path] ?? change.old
                if ours == before {
                    files.updateValue(change.new, forKey: change.path)
                } else if change.new != before, change.new != ours {
                    files.updateValue(try entry(at: change.path, in: target), forKey: change.path)
                }
            }
        }
        return files
    }
}
