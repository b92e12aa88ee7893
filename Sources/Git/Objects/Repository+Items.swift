/// What a folder of a tree has under a name.
public enum TreeItem: Sendable, Hashable {
    /// A folder; the id is its tree's.
    case folder(ObjectID)
    /// A file, a symbolic link or a submodule.
    case entry(TreeEntry)
}

extension Repository {
    /// The tree of a commit.
    ///
    /// - Throws: ``GitError`` where the commit is missing or damaged.
    public func rootTree(of commit: ObjectID) throws(GitError) -> ObjectID {
        try handle.node(commit).tree
    }

    /// Lists one folder, without what is below it.
    ///
    /// - Parameters:
    ///   - tree: the folder's tree.
    ///   - path: where the folder is, relative to the repository's root; empty for the root.
    /// - Returns: what the folder has, by name. A name that is not UTF-8 has U+FFFD in it.
    /// - Throws: ``GitError`` where the tree is missing or damaged.
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
