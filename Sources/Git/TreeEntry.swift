import CLibGit2

/// What a tree has at a path.
public struct TreeEntry: Sendable, Equatable {
    /// What an entry can be.
    public enum Kind: Sendable, Equatable {
        case file
        case executable
        case symbolicLink
        case submodule

        /// Whether it is a file with content of its own.
        public var isRegular: Bool { self == .file || self == .executable }

        /// Nil for a folder.
        init?(mode: git_filemode_t) {
            switch mode {
            case GIT_FILEMODE_BLOB_EXECUTABLE: self = .executable
            case GIT_FILEMODE_LINK: self = .symbolicLink
            case GIT_FILEMODE_COMMIT: self = .submodule
            case GIT_FILEMODE_TREE: return nil
            default: self = .file
            }
        }
    }

    /// Relative to the repository's root.
    public let path: String
    /// The blob; of a submodule, the commit in the other repository.
    public let id: ObjectID
    /// What is at the path.
    public let kind: Kind
}

/// One entry of one tree object, folders too.
struct RawTreeEntry {
    let name: String
    let id: ObjectID
    let mode: git_filemode_t

    var isFolder: Bool { mode == GIT_FILEMODE_TREE }
}

extension RepositoryHandle {
    /// The entries of a tree, in git's order.
    ///
    /// - Parameters:
    ///   - id: the tree.
    ///   - path: where it is, for the error.
    func entries(of id: ObjectID, at path: String) throws(GitError) -> [RawTreeEntry] {
        let tree: Owned
        do throws(GitError) {
            tree = try self.tree(id)
        } catch .objectUnreadable(let what, let message) {
            throw .objectUnreadable("\(what) of the folder \"\(path)\"", message: message)
        }
        return try unsafe tree.use { tree in
            (0..<(unsafe git_tree_entrycount(tree))).compactMap { index in
                guard let entry = unsafe git_tree_entry_byindex(tree, index) else { return nil }
                return unsafe RawTreeEntry(
                    name: String(cString: git_tree_entry_name(entry)),
                    id: ObjectID(git_tree_entry_id(entry).pointee),
                    mode: git_tree_entry_filemode(entry)
                )
            }
        }
    }

    /// The tree of a folder at a commit; nil where there is no such folder.
    ///
    /// - Parameters:
    ///   - folder: relative to the root, parted by `/`; nil for the root itself.
    ///   - commit: the commit.
    func folder(_ folder: String?, at commit: ObjectID) throws(GitError) -> ObjectID? {
        let root = try unsafe self.commit(commit).use { unsafe ObjectID(git_commit_tree_id($0).pointee) }
        var current = root
        for name in folder?.split(separator: "/").map(String.init) ?? [] {
            let entry = try entries(of: current, at: folder ?? "").first { $0.name == name && $0.isFolder }
            guard let entry else { return nil }
            current = entry.id
        }
        return current
    }
}
