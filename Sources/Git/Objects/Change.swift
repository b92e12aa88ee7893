/// A path that two commits have differently.
public struct Change: Sendable, Hashable {
    /// In which way.
    public enum Kind: Sendable, Hashable {
        /// Only the newer commit has it.
        case added
        /// Only the older commit has it.
        case deleted
        /// Its content or its executable bit differs.
        case modified
        /// It became another kind of thing: a file, a symbolic link, a submodule.
        case typeChanged
    }

    /// Relative to the repository's root.
    public let path: String
    /// Nil where it was added.
    public let old: TreeEntry?
    /// Nil where it was deleted.
    public let new: TreeEntry?

    /// In which way the commits differ.
    public var kind: Kind {
        guard let old else { return .added }
        guard let new else { return .deleted }
        return old.kind == new.kind || old.kind.isRegular && new.kind.isRegular ? .modified : .typeChanged
    }
}
