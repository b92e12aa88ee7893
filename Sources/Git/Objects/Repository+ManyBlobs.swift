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
    /// From so many files on, two threads read: by then a second handle has paid for itself.
    private static let fewestForTwo = 4096

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
        let order = await packOrder(of: files.map(\.entry.id))
        let second = files.count < Self.fewestForTwo ? nil : try await reopened()
        let half = second == nil ? order.count : order.count / 2
        async let rest = second?.read(files, in: order[half...], limit: limit, make) ?? []
        var made: [Value?] = Array(repeating: nil, count: files.count)
        for (index, value) in try await read(files, in: order[..<half], limit: limit, make) + rest {
            made[index] = value
        }
        return made.compactMap(\.self)
    }

    private nonisolated func read<Note: Sendable, Value: Sendable>(
        _ files: [(entry: TreeEntry, note: Note)],
        in order: ArraySlice<Int>,
        limit: Int,
        _ make: @escaping @Sendable (TreeEntry, Note, FileContent) -> Value
    ) async throws -> [(Int, Value)] {
        try await withThrowingTaskGroup(of: [(Int, Value)].self) { group in
            for start in stride(from: order.startIndex, to: order.endIndex, by: Self.batch) {
                let part = order[start..<min(start + Self.batch, order.endIndex)].map { ($0, files[$0]) }
                let contents = try await contents(of: part.map(\.1.entry), limit: limit)
                group.addTask {
                    zip(part, contents).map { file, content in (file.0, make(file.1.entry, file.1.note, content)) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func packOrder(of ids: [ObjectID]) -> [Int] { handle.packOrder(of: ids) }

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
