public import Git
public import JobFile
public import Jobs
import Synchronization

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
    public nonisolated func jobReadings<Value: Sendable>(
        _ files: [(entry: TreeEntry, key: JobKey)],
        _ make: @escaping @Sendable (Int, JobReading) throws -> Value
    ) async throws -> [Value] {
        let values = Gathering<Value>(count: files.count)
        try await readFiles(files.map(\.entry), limit: JobFile.largest) { part in
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

/// Values that come in any order, from several threads, each with its index.
final class Gathering<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value?]
        var error: (any Error)?
    }

    private let state: Mutex<State>

    /// Waits for so many.
    init(count: Int) {
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    /// Makes some of them, or keeps in mind that one can't be made.
    func note<Part>(_ parts: [(index: Int, content: Part)], _ make: (Int, Part) throws -> Value) {
        let made = Result { try parts.map { try make($0.index, $0.content) } }
        state.withLock { state in
            switch made {
            case .success(let values):
                for (part, value) in zip(parts, values) {
                    state.values[part.index] = value
                }
            case .failure(let error): state.error = error
            }
        }
    }

    /// Those that came, in the order of their indices.
    ///
    /// - Throws: why one could not be made.
    func all() throws -> [Value] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.values.compactMap(\.self)
        }
    }
}
