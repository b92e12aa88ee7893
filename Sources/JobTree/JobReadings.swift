public import Git
public import JobFile
public import Jobs
import Synchronization

extension Repository {
    /// Reads a job file of a commit.
    ///
    /// A link, a submodule or a file over ``JobFile/largest`` bytes is not opened; the reading has the issue.
    ///
    /// - Throws: ``GitError`` if the object is missing or damaged: then no conclusion is safe.
    public func jobReading(_ entry: TreeEntry, at key: JobKey) throws(GitError) -> JobReading {
        JobReading(try content(of: entry, limit: JobFile.largest), at: key)
    }

    /// Reads many job files of a commit, and parses them on several threads.
    ///
    /// - Returns: the readings, in the order of the files.
    /// - Throws: ``GitError`` as ``jobReading(_:at:)`` does.
    public nonisolated func jobReadings(_ files: [(entry: TreeEntry, key: JobKey)]) async throws -> [JobReading] {
        try await jobReadings(files) { $1 }
    }

    /// Reads many job files of a commit, and converts the readings on several threads.
    ///
    /// - Parameters:
    ///   - files: the files.
    ///   - convert: gets a file's index and its reading; called on several threads at a time.
    /// - Returns: the converted readings, in the order of the files.
    /// - Throws: ``GitError`` as ``jobReading(_:at:)`` does, and the errors of `convert`.
    public nonisolated func jobReadings<Value: Sendable>(
        _ files: [(entry: TreeEntry, key: JobKey)],
        _ convert: @escaping @Sendable (Int, JobReading) throws -> Value
    ) async throws -> [Value] {
        let results = OrderedResults<Value>(count: files.count)
        try await readFiles(files.map(\.entry), limit: JobFile.largest) { part in
            results.store(part) { try convert($0, JobReading($1, at: files[$0].key)) }
        }
        return try results.values()
    }
}

extension JobReading {
    /// Reads the content of a path of a tree as a job file.
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

/// Values that several threads compute in any order, returned in the order of their indices.
private final class OrderedResults<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value?]
        var error: (any Error)?
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    /// Computes and stores some values, or the error of one.
    func store<Part>(_ parts: [(index: Int, content: Part)], _ compute: (Int, Part) throws -> Value) {
        let computed = Result { try parts.map { try compute($0.index, $0.content) } }
        state.withLock { state in
            switch computed {
            case .success(let values):
                for (part, value) in zip(parts, values) {
                    state.values[part.index] = value
                }
            case .failure(let error): state.error = error
            }
        }
    }

    /// - Throws: the error of a value that could not be computed.
    func values() throws -> [Value] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.values.compactMap(\.self)
        }
    }
}
