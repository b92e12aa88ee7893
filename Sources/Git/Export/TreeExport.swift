import Platform

/// Writes a tree's entries into a folder.
struct TreeExport {
    /// No working tree is deeper, and each level holds a file open.
    private static let deepest = 256
    /// What keeps a tree that names itself over and over from filling the disk.
    private static let mostFiles = 200_000
    /// The most bytes of a symbolic link: no path is longer.
    private static let longestLink = 4096

    private let handle: RepositoryHandle
    private let excluded: Set<String>
    private let limit: Int
    private var files = 0
    private var bytes = 0
    /// The files that were made and are still empty: their blobs are too large to be read in one piece.
    private(set) var large: [LargeBlob] = []

    /// - Parameter limit: the most bytes of all files together.
    init(_ handle: RepositoryHandle, excluding excluded: Set<String>, limit: Int) {
        self.handle = handle
        self.excluded = excluded
        self.limit = limit
    }

    /// - Parameters:
    ///   - id: the tree.
    ///   - folder: where to write.
    ///   - path: where the tree is, relative to the exported folder; empty for that one itself.
    mutating func write(
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
                try write(entry, named: name, into: folder, at: entryPath, depth: depth)
            }
            try tree.advance(id, at: path)
        }
    }

    private mutating func write(
        _ entry: TreeObject.Entry,
        named name: ArraySlice<UInt8>,
        into folder: borrowing OpenFolder,
        at path: String,
        depth: Int
    ) throws(GitError) {
        switch entry.kind {
        case nil:
            let inner = try onDisk { () throws(PlatformError) in try folder.makeFolder(name) }
            try write(entry.id, into: inner, at: path, depth: depth + 1)
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
            // Wherever it leads, it is written as it is: nothing here follows it.
            guard target.isPossible else { return }
            try onDisk { () throws(PlatformError) in try folder.makeLink(name, to: target.bytes) }
        case .submodule:
            // As git leaves one that is not checked out.
            _ = try onDisk { () throws(PlatformError) in try folder.makeFolder(name) }
        case .folder:
            return
        }
    }

    /// `.git` in any case, since git itself refuses it for file systems that know no case.
    private static func isHarmless(_ name: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: name, as: UTF8.self).lowercased()
        return !name.contains(0x2F) && ![".", "..", ".git"].contains(text)
    }
}

/// Hands on what the operating system refused.
func onDisk<Result: ~Copyable>(_ body: () throws(PlatformError) -> Result) throws(GitError) -> Result {
    do throws(PlatformError) {
        return try body()
    } catch {
        throw .system(error)
    }
}
