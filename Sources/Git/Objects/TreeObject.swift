import Foundation

/// Reads the bytes of a tree object entry by entry.
///
/// An entry is its mode in octal digits, a space, its name, a zero byte, and the 20 bytes of its object's name. Entries
/// are sorted by name, and a folder's name sorts as if a `/` followed: <https://git-scm.com/docs/git-mktree>, and
/// `base_name_compare` in git's `tree-walk.c`.
struct TreeObject {
    /// An entry: a file or a folder.
    struct Entry {
        /// Nil for a folder.
        let kind: TreeEntry.Kind?
        let name: Range<Int>
        let id: ObjectID

        var isFolder: Bool { kind == nil }

        /// The entry with its path; a folder as an unopened one.
        func leaf(at path: String) -> TreeEntry { TreeEntry(path: path, id: id, kind: kind ?? .folder) }

        /// The entry with its path; nil for a folder.
        func entry(at path: String) -> TreeEntry? {
            kind.map { TreeEntry(path: path, id: id, kind: $0) }
        }
    }

    /// Why the bytes are not a valid tree.
    struct Malformed: Error {
        let reason: String
    }

    let bytes: [UInt8]
    private var offset = 0
    private(set) var current: Entry?

    /// Creates the tree without entries.
    init() {
        bytes = []
    }

    /// Begins at the first entry, if there is one.
    init(_ bytes: [UInt8]) throws(Malformed) {
        self.bytes = bytes
        try advance()
    }

    func name(of entry: Entry) -> ArraySlice<UInt8> { bytes[entry.name] }

    /// Advances to the next entry; ``current`` is nil after the last.
    mutating func advance() throws(Malformed) {
        guard offset < bytes.count else {
            current = nil
            return
        }
        var mode: UInt32 = 0
        var index = offset
        while index < bytes.count, bytes[index] != 0x20 {
            guard (0x30...0x37).contains(bytes[index]), mode < 0o1000000 else { throw Malformed(reason: "a bad mode") }
            mode = mode << 3 | UInt32(bytes[index] & 7)
            index += 1
        }
        let start = index + 1
        index = start
        while index < bytes.count, bytes[index] != 0 {
            index += 1
        }
        let end = index + 1 + ObjectID.size
        guard end <= bytes.count, index > start else { throw Malformed(reason: "an entry that ends early") }
        let entry = Entry(kind: try Self.kind(mode), name: start..<index, id: ObjectID(bytes, at: index + 1))
        if let current, Self.order(current, in: self, entry, in: self) >= 0 {
            throw Malformed(reason: "entries that are not in order")
        }
        offset = end
        current = entry
    }

    /// Skips the following entries that are the same in both trees, so that ``advance()`` comes to the first
    /// difference.
    static func skipCommon(_ left: inout TreeObject, _ right: inout TreeObject) {
        unsafe left.bytes.withUnsafeBytes { leftBytes in
            unsafe right.bytes.withUnsafeBytes { rightBytes in
                let (leftRest, rightRest) = (leftBytes.count - left.offset, rightBytes.count - right.offset)
                guard let leftStart = leftBytes.baseAddress, let rightStart = rightBytes.baseAddress else { return }
                let skipped = unsafe commonEntries(
                    leftStart + left.offset,
                    rightStart + right.offset,
                    count: min(leftRest, rightRest)
                )
                left.offset += skipped
                right.offset += skipped
            }
        }
    }

    /// The number of bytes of whole entries at the beginning that are the same in both trees.
    private static func commonEntries(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Int {
        var offset = 0
        while offset < count, let end = unsafe memchr(left + offset, 0, count - offset) {
            let next = unsafe UnsafeRawPointer(end) - left + 1 + ObjectID.size
            guard next <= count, unsafe memcmp(left + offset, right + offset, next - offset) == 0 else { break }
            offset = next
        }
        return offset
    }

    /// Advances to the next entry; the tree's name and path are for the error.
    mutating func advance(_ id: ObjectID, at path: String) throws(GitError) {
        do throws(Malformed) {
            try advance()
        } catch {
            throw .treeMalformed(id, path: path, error)
        }
    }

    /// Like git, it uses only one bit of a file's permissions.
    private static func kind(_ mode: UInt32) throws(Malformed) -> TreeEntry.Kind? {
        switch mode & 0o170000 {
        case 0o040000: nil
        case 0o100000: mode & 0o100 == 0 ? .file : .executable
        case 0o120000: .symbolicLink
        case 0o160000: .submodule
        default: throw Malformed(reason: "an entry of an unknown kind")
        }
    }

    /// Below zero if the left entry sorts first; zero if both have the same name and both or neither is a folder.
    static func order(_ left: Entry, in leftTree: TreeObject, _ right: Entry, in rightTree: TreeObject) -> Int {
        let common = min(left.name.count, right.name.count)
        for index in 0..<common {
            let difference =
                Int(leftTree.bytes[left.name.lowerBound + index]) - Int(rightTree.bytes[right.name.lowerBound + index])
            if difference != 0 { return difference }
        }
        func next(_ entry: Entry, _ tree: TreeObject) -> Int {
            entry.name.count > common ? Int(tree.bytes[entry.name.lowerBound + common]) : entry.isFolder ? 0x2F : 0
        }
        return next(left, leftTree) - next(right, rightTree)
    }
}

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
