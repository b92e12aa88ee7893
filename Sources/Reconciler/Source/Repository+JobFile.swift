public import Git
public import JobFile
public import Jobs

extension Repository {
    /// Reads a job file of a commit.
    ///
    /// A link, a submodule and a file over ``JobFile/largest`` bytes are not opened: the reading says what is wrong.
    ///
    /// - Throws: ``GitError`` where the object is missing or damaged: then nothing may be concluded from it.
    public func jobReading(_ entry: TreeEntry, at key: JobKey) throws(GitError) -> JobReading {
        JobReading(try content(of: entry, limit: JobFile.largest), at: key)
    }

    /// Reads many job files of a commit, and checks them beside the reading.
    ///
    /// - Returns: the readings, in the order of the files.
    /// - Throws: ``GitError`` as ``jobReading(_:at:)`` does.
    public nonisolated func jobReadings(_ files: [(entry: TreeEntry, key: JobKey)]) async throws -> [JobReading] {
        try await jobReadings(files) { $1 }
    }

    /// Reads many job files of a commit, and makes something of each beside the reading.
    ///
    /// - Parameters:
    ///   - files: the files.
    ///   - make: gets a file's index and what was read; is called on several threads at a time.
    /// - Returns: what was made, in the order of the files.
    /// - Throws: ``GitError`` as ``jobReading(_:at:)`` does, and what `make` throws.
    nonisolated func jobReadings<Value: Sendable>(
        _ files: [(entry: TreeEntry, key: JobKey)],
        _ make: @escaping @Sendable (Int, JobReading) throws -> Value
    ) async throws -> [Value] {
        let values = Gathering<Value>(count: files.count)
        try await read(files.map(\.entry), limit: JobFile.largest) { part in
            values.note(part) { try make($0, JobReading($1, at: files[$0].key)) }
        }
        return try values.all()
    }
}

extension JobReading {
    /// What the content of a path of the tree is as a job file.
    public init(_ content: FileContent, at key: JobKey) {
        self =
            switch content {
            case .bytes(let bytes): JobFile.read(bytes, at: key)
            case .tooLarge(let size): .tooLarge(key.path, bytes: size)
            case .notRegular: .notRegular(key.path)
            }
        switch content {
        case .bytes(let bytes): size = bytes.count
        case .tooLarge, .notRegular: break
        }
    }
}
