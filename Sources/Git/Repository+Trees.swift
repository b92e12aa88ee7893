import CLibGit2

/// A path that two commits have differently.
public struct Change: Sendable, Equatable {
    /// Relative to the repository's root.
    public let path: String
    /// Nil where it was added.
    public let old: TreeEntry?
    /// Nil where it was deleted.
    public let new: TreeEntry?
}

extension Repository {
    /// Lists everything below a folder at a commit, sorted by path.
    ///
    /// - Throws: ``GitError`` where any tree below it can't be read: the list is whole, or there is none.
    public func tree(at commit: ObjectID, under folder: String) throws(GitError) -> [TreeEntry] {
        try changes(from: nil, to: commit, under: folder).compactMap(\.new)
    }

    /// Compares a folder of two commits. Folders that are the same in both are not opened. Renames are not looked for.
    ///
    /// - Parameters:
    ///   - old: nil for the empty tree.
    ///   - new: the newer commit.
    ///   - folder: relative to the root.
    /// - Returns: what differs, sorted by path; a file in place of a folder is the folder's files deleted and a file added.
    /// - Throws: ``GitError/commitVanished(_:)`` where the old commit is not there any more.
    public func changes(from old: ObjectID?, to new: ObjectID, under folder: String) throws(GitError) -> [Change] {
        var before: ObjectID?
        if let old {
            do throws(GitError) {
                before = try handle.folder(folder, at: old)
            } catch .objectUnreadable {
                throw .commitVanished(old)
            }
        }
        var comparison = TreeComparison(handle: handle)
        try comparison.compare(before, try handle.folder(folder, at: new), at: folder)
        return comparison.changes.sorted { $0.path < $1.path }
    }

    /// Reads a blob.
    ///
    /// - Throws: ``GitError/tooLarge(size:limit:)`` without reading it where it has more bytes than the limit.
    public func blob(_ id: ObjectID, limit: Int) throws(GitError) -> [UInt8] {
        let size = try blobSize(id)
        guard size <= limit else { throw .tooLarge(size: size, limit: limit) }
        return try unsafe handle.blob(id).use { blob in
            let buffer = unsafe UnsafeRawBufferPointer(
                start: git_blob_rawcontent(blob),
                count: Int(git_blob_rawsize(blob))
            )
            return unsafe Array(buffer)
        }
    }

    /// The number of bytes of an object, from its header alone.
    public func blobSize(_ id: ObjectID) throws(GitError) -> Int {
        let database = try unsafe handle.owned("objects", freeing: { unsafe git_odb_free($0) }) { made, repository in
            unsafe git_repository_odb(&made, repository)
        }
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = id.raw
        let code = try unsafe database.use { unsafe git_odb_read_header(&size, &type, $0, &oid) }
        try check(code, "blob \(id)")
        return size
    }
}

/// Compares two trees, folder by folder.
struct TreeComparison {
    let handle: RepositoryHandle
    private(set) var changes: [Change] = []

    init(handle: RepositoryHandle) {
        self.handle = handle
    }

    mutating func compare(_ old: ObjectID?, _ new: ObjectID?, at path: String) throws(GitError) {
        guard old != new else { return }
        var before: [String: RawTreeEntry] = [:]
        if let old {
            for entry in try handle.entries(of: old, at: path) {
                before[entry.name] = entry
            }
        }
        if let new {
            for entry in try handle.entries(of: new, at: path) {
                try compare(before.removeValue(forKey: entry.name), entry, at: path)
            }
        }
        for entry in before.values {
            try compare(entry, nil, at: path)
        }
    }

    private mutating func compare(_ old: RawTreeEntry?, _ new: RawTreeEntry?, at folder: String) throws(GitError) {
        guard old?.id != new?.id || old?.mode != new?.mode, let name = (new ?? old)?.name else { return }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        func file(_ entry: RawTreeEntry?) -> TreeEntry? {
            entry.flatMap { entry in
                TreeEntry.Kind(mode: entry.mode).map { TreeEntry(path: path, id: entry.id, kind: $0) }
            }
        }
        let (oldFile, newFile) = (file(old), file(new))
        if oldFile != nil || newFile != nil {
            changes.append(Change(path: path, old: oldFile, new: newFile))
        }
        let oldFolder = old.flatMap { $0.isFolder ? $0.id : nil }
        let newFolder = new.flatMap { $0.isFolder ? $0.id : nil }
        try compare(oldFolder, newFolder, at: path)
    }
}
