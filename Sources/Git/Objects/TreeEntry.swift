/// What a tree has at a path.
public struct TreeEntry: Sendable, Hashable {
    /// What an entry can be; a folder that is opened is none by itself, as in git.
    public enum Kind: Sendable, Hashable {
        /// A regular file, mode 100644.
        case file
        /// A regular file that may be run, mode 100755.
        case executable
        /// A symbolic link, mode 120000; its blob is where it leads.
        case symbolicLink
        /// A commit of another repository, mode 160000.
        case submodule
        /// A folder that is not opened, since it has too many others around it.
        case folder

        /// Whether it is a file with content of its own.
        public var isRegular: Bool { self == .file || self == .executable }
    }

    /// Relative to the repository's root, parted by `/`. Bytes that are no UTF-8 are replaced by U+FFFD.
    public let path: String
    /// The blob; of a submodule, the commit in the other repository.
    public let id: ObjectID
    /// What is at the path.
    public let kind: Kind

    /// The most folders in each other, from the one that is listed on. Those below are not opened.
    public static let deepest = 64
}
