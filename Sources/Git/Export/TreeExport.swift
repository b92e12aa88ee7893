import Platform

/// Writes the entries of a tree into a folder.
struct TreeExport {
    /// The maximum depth. Each level keeps a file open.
    private static let deepest = 256
    /// The maximum number of entries, so that a hostile tree can't fill the disk.
    private static let mostFiles = 200_000
    /// The maximum size of a symbolic link in bytes: no path is longer.
    private static let longestLink = 4096

    private let handle: RepositoryHandle
    private let excluded: Set<String>
    private let limit: Int
    private var files = 0
    private var bytes = 0
    /// The files that are created but still empty, because their blobs are too large to read at once.
    private(set) var large: [LargeBlob] = []

    /// - Parameter limit: the maximum total size of all files in bytes.
    init(_ handle: RepositoryHandle, excluding excluded: Set<String>, limit: Int) {
        self.handle = handle
        self.excluded = excluded
        self.limit = limit
    }

    /// - Parameters:
    ///   - id: the tree.
    ///   - folder: the target folder.
    ///   - path: the tree's path relative to the exported folder; empty for that folder itself.
    mutating func writeTree(
        _ id: ObjectID,
        into folder: borrowing OpenFolder,
        at path: String,
        depth: Int = 0
    ) throws(GitError) {
        guard depth < Self.deepest else { throw .treeTooDeep(path: path, limit: Self.deepest) }
        var tree = try handle.tree(id, at: path)
        while let entry = tree.current {
            let name = tree.name(of: entry)
            let entryPath = (path.isEmpty ? "" : "\(path)/") + String(decoding: name, as: UTF8.self)
            if !excluded.contains(entryPath) {
                files += 1
                guard files <= Self.mostFiles else { throw .treeTooLarge(path: path, limit: Self.mostFiles) }
                guard Self.isHarmless(name) else {
                    throw .entryRefused(path: entryPath, reason: "no file or folder may have that name; rename it")
                }
                try writeEntry(entry, named: name, into: folder, at: entryPath, depth: depth)
            }
            try tree.advance(id, at: path)
        }
    }

    private mutating func writeEntry(
        _ entry: TreeObject.Entry,
        named name: ArraySlice<UInt8>,
        into folder: borrowing OpenFolder,
        at path: String,
        depth: Int
    ) throws(GitError) {
        switch entry.kind {
        case nil:
            let inner = try onDisk { () throws(PlatformError) in try folder.makeFolder(name) }
            try writeTree(entry.id, into: inner, at: path, depth: depth + 1)
        case .file, .executable:
            let size = try handle.blobSize(entry.id, at: path)
            guard size <= limit - bytes else { throw .exportTooLarge(path: path, limit: limit) }
            bytes += size
            let file = try onDisk { () throws(PlatformError) in
                try folder.makeFile(name, isExecutable: entry.kind == .executable)
            }
            guard size <= LargeBlob.limit else {
                large.append(LargeBlob(id: entry.id, path: path, size: size, file: file))
                return
            }
            let bytes = try handle.blob(entry.id, at: path)
            try onDisk { () throws(PlatformError) in try file.write(bytes[...]) }
        case .symbolicLink:
            guard try handle.blobSize(entry.id, at: path) <= Self.longestLink else {
                throw .entryRefused(path: path, reason: "a symbolic link has at most \(Self.longestLink) bytes")
            }
            let target = LinkTarget(bytes: try handle.blob(entry.id, at: path))
            // Any target is written as it is: nothing here follows the link.
            guard target.isPossible else { return }
            try onDisk { () throws(PlatformError) in try folder.makeLink(name, to: target.bytes) }
        case .submodule:
            // Like git without a checkout of the submodule.
            _ = try onDisk { () throws(PlatformError) in try folder.makeFolder(name) }
        case .folder:
            return
        }
    }

    /// Whether a name is allowed. Like git, it refuses `.git` in any case, because of case-insensitive file systems.
    private static func isHarmless(_ name: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: name, as: UTF8.self).lowercased()
        return !name.contains(0x2F) && ![".", "..", ".git"].contains(text)
    }
}

/// Converts an error of the operating system to a ``GitError``.
func onDisk<Result: ~Copyable>(_ body: () throws(PlatformError) -> Result) throws(GitError) -> Result {
    do throws(PlatformError) {
        return try body()
    } catch {
        throw .system(error)
    }
}

/// The target of a symbolic link in a tree.
public struct LinkTarget: Sendable {
    /// The link's content.
    public let bytes: [UInt8]

    /// Creates a target from the content of a link's blob.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether Linux can create the link: the target is not empty, shorter than `PATH_MAX`, and has no NUL.
    var isPossible: Bool { !bytes.isEmpty && bytes.count < 4096 && !bytes.contains(0) }

    /// Whether the link stays in the exported folder, even if its path goes through other links.
    ///
    /// `..` is allowed only at the beginning, where it leads through real folders. After a name it could start from the
    /// target of another link. So each link of a path stays inside by the same rule.
    ///
    /// - Parameter depth: the number of folders between the exported folder and the link.
    public func isInside(depth: Int) -> Bool {
        guard bytes.first != 0x2F, !bytes.isEmpty, !bytes.contains(0) else { return false }
        let steps = bytes.split(separator: 0x2F).filter { $0 != [0x2E] }
        let ups = steps.prefix { $0 == [0x2E, 0x2E] }
        return ups.count <= depth && !steps.dropFirst(ups.count).contains([0x2E, 0x2E])
    }
}
