extension RepositoryHandle {
    /// What a commit has at a path.
    enum Found {
        case nothing
        case folder(ObjectID)
        case entry(TreeEntry)

        /// Nil where it is no folder.
        var folder: ObjectID? {
            if case .folder(let id) = self { id } else { nil }
        }
    }

    /// Looks a path up.
    ///
    /// - Parameters:
    ///   - path: relative to the root, parted by `/`; empty for the root itself.
    ///   - root: the commit's tree.
    ///   - read: reads a tree, given its name and its path.
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
