/// A file, a symbolic link or a submodule of a tree.
public struct TreeEntry: Sendable, Hashable {
    /// The kind of an entry. As in git, an opened folder is not an entry itself.
    public enum Kind: Sendable, Hashable {
        /// A regular file, mode 100644.
        case file
        /// An executable file, mode 100755.
        case executable
        /// A symbolic link, mode 120000. Its blob is the target.
        case symbolicLink
        /// A commit of another repository, mode 160000.
        case submodule
        /// A folder that is not opened because it is nested too deep.
        case folder

        /// Whether it is a regular file.
        public var isRegular: Bool { self == .file || self == .executable }
    }

    /// The path relative to the repository's root, with `/` between names. Bytes that are not UTF-8 are replaced by
    /// U+FFFD.
    public let path: String
    /// The blob; for a submodule, the commit in the other repository.
    public let id: ObjectID
    /// The kind of the entry.
    public let kind: Kind

    /// The maximum number of nested folders below the listed one. Deeper folders are not opened.
    public static let deepest = 64
}

/// A path that differs between two commits.
public struct Change: Sendable, Hashable {
    /// How the path differs.
    public enum Kind: Sendable, Hashable {
        /// Only the newer commit has it.
        case added
        /// Only the older commit has it.
        case deleted
        /// Its content or its executable bit differs.
        case modified
        /// The kind of the entry differs, for example a file and a symbolic link.
        case typeChanged
    }

    /// Relative to the repository's root.
    public let path: String
    /// The older entry; nil for an added path.
    public let old: TreeEntry?
    /// The newer entry; nil for a deleted path.
    public let new: TreeEntry?

    /// How the commits differ.
    public var kind: Kind {
        guard let old else { return .added }
        guard let new else { return .deleted }
        return old.kind == new.kind || old.kind.isRegular && new.kind.isRegular ? .modified : .typeChanged
    }
}
