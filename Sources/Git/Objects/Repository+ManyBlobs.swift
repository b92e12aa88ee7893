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
    /// Reads many files, and hands them over while the next are read.
    ///
    /// libgit2 reads on the repository's own thread, as two threads would wait for each other at its locks. Other threads hash the
    /// bytes and take them meanwhile.
    ///
    /// - Parameters:
    ///   - entries: the files.
    ///   - limit: the most bytes of a file that the caller takes.
    ///   - take: gets some of the files, each with its index; is called on other threads, several at a time, in any order.
    /// - Throws: ``GitError`` where an object is missing or damaged: then nothing may be concluded from the rest.
    public func read(
        _ entries: [TreeEntry],
        limit: Int,
        _ take: @escaping @Sendable ([(index: Int, content: FileContent)]) -> Void
    ) async throws {
        let backlog = ReadingBacklog()
        let path: @Sendable (Int) -> String = { entries[$0].path }
        try await withThrowingDiscardingTaskGroup { group in
            var rest = entries.indices[...]
            while !rest.isEmpty {
                let part = try part(of: entries, at: rest, limit: limit)
                rest = rest.dropFirst(part.files.count)
                switch backlog.add(part) {
                case .wait: break
                case .helper: group.addTask { while let part = backlog.next() { take(try part.contents(path)) } }
                case .take(let oldest): take(try oldest.contents(path))
                }
                if rest.count % (Self.patience * ReadPart.mostFiles) < part.files.count {
                    await Task.yield()
                }
            }
            while let part = backlog.next(isHelper: false) {
                take(try part.contents(path))
            }
        }
    }

    /// After how many full parts others may use the repository.
    private static let patience = 32

    /// Reads the next of some files.
    private func part(
        of entries: [TreeEntry],
        at indices: Range<Int>,
        limit: Int
    ) throws(GitError) -> ReadPart {
        var part = ReadPart(fileCount: indices.count)
        for index in indices {
            let entry = entries[index]
            if entry.kind.isRegular {
                try part.add(index, entry.id) { (buffer) throws(GitError) in
                    try handle.appendBlob(entry.id, at: entry.path, limit: limit, to: &buffer)
                }
            } else {
                part.add(notRegular: index, entry.id)
            }
            guard !part.isFull else { break }
        }
        return part
    }

    /// Reads a file.
    ///
    /// - Throws: ``GitError`` where the object is missing or damaged.
    public func content(of entry: TreeEntry, limit: Int) throws(GitError) -> FileContent {
        guard entry.kind.isRegular else { return .notRegular }
        var bytes: [UInt8] = []
        let size = try handle.appendBlob(entry.id, at: entry.path, limit: limit, to: &bytes)
        guard size <= limit else { return .tooLarge(size: size) }
        try entry.id.check(.blob, bytes, at: entry.path)
        return .bytes(bytes)
    }
}
