/// The content of a tree entry.
public enum FileContent: Sendable, Equatable {
    /// The bytes of a regular file.
    case bytes([UInt8])
    /// A regular file that is larger than the limit; it was not read.
    case tooLarge(size: Int)
    /// A symbolic link or a submodule.
    case notRegular
}

extension Repository {
    /// Reads many files and passes them on while it reads the next ones.
    ///
    /// libgit2 reads on the repository's own thread, since two threads would wait for each other's locks. Other threads
    /// hash and process the bytes in parallel. Many files are read in the order of ``RepositoryHandle/readingOrder(of:)``.
    ///
    /// - Parameters:
    ///   - entries: the files.
    ///   - limit: the maximum size of a file in bytes.
    ///   - take: receives some of the files, each with its index. It is called on several threads at a time, in any
    ///     order.
    /// - Throws: ``GitError`` if an object is missing or damaged. The caller must then ignore the other files.
    public func readFiles(
        _ entries: [TreeEntry],
        limit: Int,
        _ take: @escaping @Sendable ([(index: Int, content: FileContent)]) -> Void
    ) async throws {
        let backlog = ReadingBacklog()
        let path: @Sendable (Int) -> String = { entries[$0].path }
        try await withThrowingDiscardingTaskGroup { group in
            let folders = handle.looseFolders()
            var rest = handle.readingOrder(of: entries)[...]
            while !rest.isEmpty {
                let part = try part(of: entries, at: rest, limit: limit, among: folders)
                rest = rest.dropFirst(part.files.count)
                switch backlog.addPart(part) {
                case .wait: break
                case .helper: group.addTask { while let part = backlog.takePart() { take(try part.contents(path)) } }
                case .take(let oldest): take(try oldest.contents(path))
                }
                if rest.count % (Self.patience * ReadPart.mostFiles) < part.files.count {
                    await Task.yield()
                }
            }
            while let part = backlog.takePart(isHelper: false) {
                take(try part.contents(path))
            }
        }
    }

    /// The number of full batches after which other calls may use the repository.
    private static let patience = 32

    /// Reads the next batch of files.
    private func part(
        of entries: [TreeEntry],
        at indices: ArraySlice<Int>,
        limit: Int,
        among folders: Set<UInt8>
    ) throws(GitError) -> ReadPart {
        var part = ReadPart(fileCount: indices.count)
        for index in indices {
            let entry = entries[index]
            if entry.kind.isRegular {
                try part.addFile(index, entry.id) { (buffer) throws(GitError) in
                    try handle.appendBlob(entry.id, at: entry.path, limit: limit, among: folders, to: &buffer)
                }
            } else {
                part.addNotRegular(index, entry.id)
            }
            guard !part.isFull else { break }
        }
        return part
    }

    /// Reads a file.
    ///
    /// - Throws: ``GitError`` if the object is missing or damaged.
    public func content(of entry: TreeEntry, limit: Int) throws(GitError) -> FileContent {
        guard entry.kind.isRegular else { return .notRegular }
        var bytes: [UInt8] = []
        let size = try handle.appendBlob(entry.id, at: entry.path, limit: limit, to: &bytes)
        guard size <= limit else { return .tooLarge(size: size) }
        try entry.id.check(.blob, bytes, at: entry.path)
        return .bytes(bytes)
    }
}

extension Repository {
    /// Reads a blob.
    ///
    /// - Parameters:
    ///   - id: the blob.
    ///   - limit: the maximum number of bytes.
    /// - Throws: ``GitError/tooLarge(size:limit:)`` for a larger blob, which is not read.
    public func blob(_ id: ObjectID, limit: Int) throws(GitError) -> [UInt8] {
        let size = try handle.blobSize(id)
        guard size <= limit else { throw .tooLarge(size: size, limit: limit) }
        return try handle.blob(id, at: "")
    }
}
