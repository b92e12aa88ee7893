public import Git
public import JobFile
public import Jobs
import Synchronization

extension Repository {
    /// Reads a job file of a commit.
    ///
    /// A link, a submodule and a file of more than ``JobFile/largest`` bytes are not opened. The reading has an issue
    /// instead.
    ///
    /// - Throws: ``GitError`` if the object is missing or damaged. Then the state of the job is unknown.
    public func jobReading(_ entry: TreeEntry, at key: JobKey) throws(GitError) -> JobReading {
        JobReading(try content(of: entry, limit: JobFile.largest), at: key)
    }

    /// Reads many job files of a commit, and checks them in parallel with the reading.
    ///
    /// - Returns: the readings, in the order of the files.
    /// - Throws: ``GitError``, like ``jobReading(_:at:)``.
    public nonisolated func jobReadings(_ files: [(entry: TreeEntry, key: JobKey)]) async throws -> [JobReading] {
        try await jobReadings(files) { $1 }
    }

    /// Reads many job files of a commit, and transforms each in parallel with the reading.
    ///
    /// - Parameters:
    ///   - files: the files.
    ///   - transform: receives the index of a file and its reading. Several threads call it at the same time.
    /// - Returns: the results, in the order of the files.
    /// - Throws: ``GitError``, like ``jobReading(_:at:)``, and the errors of `transform`.
    public nonisolated func jobReadings<Value: Sendable>(
        _ files: [(entry: TreeEntry, key: JobKey)],
        _ transform: @escaping @Sendable (Int, JobReading) throws -> Value
    ) async throws -> [Value] {
        let values = OrderedResults<Value>(count: files.count)
        try await readFiles(files.map(\.entry), limit: JobFile.largest) { part in
            values.transformParts(part) { try transform($0, JobReading($1, at: files[$0].key)) }
        }
        return try values.ordered()
    }
}

extension JobReading {
    /// Reads the content of a path as a job file.
    public init(_ content: FileContent, at key: JobKey) {
        self =
            switch content {
            case .bytes(let bytes): JobFile.read(bytes, at: key)
            case .tooLarge(let size): .tooLarge(key.path, bytes: size)
            case .notRegular: .notRegular(key.path)
            }
        switch content {
        case .bytes(let bytes):
            size = bytes.count
            // A warning of the tree, not a rule of the job file: clusters without pip can run any pair.
            if let warning = job.flatMap({ WheelTable.warning(about: $0.runtime) }) {
                self = adding([
                    CodeCheck.Finding(key: "runtime", severity: .warning, message: warning)
                        .issue(path: key.path, in: bytes)
                ])
            }
        case .tooLarge, .notRegular: break
        }
    }
}

/// The results of several threads, collected in any order and returned in the order of their indices.
final class OrderedResults<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value?]
        var error: (any Error)?
    }

    private let state: Mutex<State>

    /// - Parameter count: the number of results.
    init(count: Int) {
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    /// Transforms some parts and stores the results, or the error.
    func transformParts<Part>(_ parts: [(index: Int, content: Part)], _ transform: (Int, Part) throws -> Value) {
        let results = Result { try parts.map { try transform($0.index, $0.content) } }
        state.withLock { state in
            switch results {
            case .success(let values):
                for (part, value) in zip(parts, values) {
                    state.values[part.index] = value
                }
            case .failure(let error): state.error = error
            }
        }
    }

    /// Returns the results in the order of their indices.
    ///
    /// - Throws: the error of a failed transformation.
    func ordered() throws -> [Value] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.values.compactMap(\.self)
        }
    }
}

/// Entries of a tree that may have replaced folders of job files.
public struct HidingEntries: Sendable {
    private var causes: [String: FolderFault.Cause] = [:]
    /// The entries at the places of job folders that are not folders, in the order of the entries.
    public private(set) var faults: [FolderFault] = []

    /// - Parameter entries: the new entries below `clusters/`, including `clusters` itself.
    public init(_ entries: some Sequence<TreeEntry>) {
        for entry in entries where entry.path.utf8.count(where: { $0 == UInt8(ascii: "/") }) <= 3 {
            causes[entry.path] = entry.hindrance
            if let fault = entry.folderFault {
                faults.append(fault)
            }
        }
    }

    /// Finds the entry that replaced a folder above a file. Returns nil if the folder exists or is really gone.
    public func fault(above file: String) -> FolderFault? {
        guard !causes.isEmpty else { return nil }
        for index in file.indices where file[index] == "/" {
            let folder = String(file[..<index])
            if let cause = causes[folder] { return FolderFault(cause, hidingJobsAt: folder) }
        }
        return nil
    }
}

extension TreeEntry {
    /// The fault if this entry hides job files, else nil.
    public var folderFault: FolderFault? { hindrance.flatMap { FolderFault($0, at: path) } }

    /// The reason why this entry can't contain job files. Nil for a folder.
    var hindrance: FolderFault.Cause? {
        switch kind {
        case .symbolicLink: .link
        case .submodule: .submodule
        case .file, .executable: .file
        case .folder: nil
        }
    }
}

extension Issue {
    /// The issue for a folder below `clusters/` that is nested too deeply to be read.
    public static func tooDeep(_ path: String) -> Issue {
        Issue(
            path: path,
            severity: .error,
            message: """
                the folder is more than \(TreeEntry.deepest) folders deep and is not read; a job file is \
                clusters/<cid>/partitions/<partition>/<id>.json; move the folder out of clusters/
                """
        )
    }
}

extension Commit {
    /// Whether its message releases the deletes that ``PruneGuard`` holds.
    public var approvesPruning: Bool {
        trailers(PruneGuard.trailer).contains { $0.lowercased() == PruneGuard.approval }
    }
}
