/// What a tree entry leads to.
public enum FileContent: Sendable, Equatable {
    /// The bytes of a regular file.
    case bytes([UInt8])
    /// A regular file of more bytes than the caller takes; it was not read.
    case tooLarge(size: Int)
    /// A symbolic link or a submodule.
    case notRegular
}

extension Repository {
    /// How many files are read in one go: enough that the hand-over costs nothing, few enough that checking begins soon.
    private static let batch = 256

    /// Reads many files on the repository's own thread, and makes something of each beside it, while the next are read.
    ///
    /// - Parameters:
    ///   - files: tree entries with whatever the caller knows of each.
    ///   - limit: the most bytes of a file that the caller takes.
    ///   - make: is called on other threads, several at a time.
    /// - Returns: what was made, in the order of the files.
    /// - Throws: ``GitError`` where an object is missing or damaged: then nothing may be concluded from the rest.
    public nonisolated func read<Note: Sendable, Value: Sendable>(
        _ files: [(entry: TreeEntry, note: Note)],
        limit: Int,
        _ make: @escaping @Sendable (TreeEntry, Note, FileContent) -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, [Value]).self) { group in
            var made: [Int: [Value]] = [:]
            for start in stride(from: 0, to: files.count, by: Self.batch) {
                let part = files[start..<min(start + Self.batch, files.count)]
                let contents = try await contents(of: part.map(\.entry), limit: limit)
                group.addTask {
                    (start, zip(part, contents).map { make($0.entry, $0.note, $1) })
                }
            }
            for try await (start, values) in group {
                made[start] = values
            }
            return made.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private func contents(of entries: [TreeEntry], limit: Int) throws(GitError) -> [FileContent] {
        var contents: [FileContent] = []
        contents.reserveCapacity(entries.count)
        for entry in entries {
            contents.append(try content(of: entry, limit: limit))
        }
        return contents
    }

    /// Reads a file.
    ///
    /// - Throws: ``GitError`` where the object is missing or damaged.
    public func content(of entry: TreeEntry, limit: Int) throws(GitError) -> FileContent {
        guard entry.kind.isRegular else { return .notRegular }
        let size = try handle.blobSize(entry.id)
        guard size <= limit else { return .tooLarge(size: size) }
        return .bytes(try handle.blob(entry.id, at: entry.path))
    }
}
