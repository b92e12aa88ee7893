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

    /// Reads many files on the repository's own thread, and hands them over while the next are read.
    ///
    /// - Parameters:
    ///   - entries: the files.
    ///   - limit: the most bytes of a file that the caller takes.
    ///   - take: gets some of the files, each with its index; is called on other threads, several at a time, in any order.
    /// - Throws: ``GitError`` where an object is missing or damaged: then nothing may be concluded from the rest.
    public nonisolated func read(
        _ entries: [TreeEntry],
        limit: Int,
        _ take: @escaping @Sendable ([(index: Int, content: FileContent)]) -> Void
    ) async throws {
        // One thread reads: two would wait for each other at the lock that libgit2 has on all packs.
        let order = await packOrder(of: entries.map(\.id))
        try await withThrowingDiscardingTaskGroup { group in
            for start in stride(from: 0, to: order.count, by: Self.batch) {
                let part = order[start..<min(start + Self.batch, order.count)]
                let files = try await contents(of: entries, at: part, limit: limit)
                group.addTask { take(files) }
            }
        }
    }

    private func packOrder(of ids: [ObjectID]) -> [Int] { handle.packOrder(of: ids) }

    private func contents(
        of entries: [TreeEntry],
        at indices: ArraySlice<Int>,
        limit: Int
    ) throws(GitError) -> [(index: Int, content: FileContent)] {
        var files: [(index: Int, content: FileContent)] = []
        files.reserveCapacity(indices.count)
        for index in indices {
            files.append((index, try content(of: entries[index], limit: limit)))
        }
        return files
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
