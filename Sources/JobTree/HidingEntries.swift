public import Git
public import Jobs

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
