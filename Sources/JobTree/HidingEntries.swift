public import Git
public import Jobs

/// Entries of a tree that may stand where folders of job files were.
public struct HidingEntries: Sendable {
    private var causes: [String: FolderFault.Cause] = [:]
    /// Those that hide job files wherever they come from, in the order of the entries.
    public private(set) var faults: [FolderFault] = []

    /// - Parameter entries: those that are new below `clusters/`, `clusters` itself included.
    public init(_ entries: some Sequence<TreeEntry>) {
        for entry in entries where entry.path.utf8.count(where: { $0 == UInt8(ascii: "/") }) <= 3 {
            causes[entry.path] = entry.hindrance
            if let fault = entry.folderFault {
                faults.append(fault)
            }
        }
    }

    /// What stands in place of a folder that a file was in; nil where the folder is there or really gone.
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
    /// What hides job files at this entry; nil where it hides none.
    public var folderFault: FolderFault? { hindrance.flatMap { FolderFault($0, at: path) } }

    /// What the entry is where a folder of job files belongs; nil for a folder.
    var hindrance: FolderFault.Cause? {
        switch kind {
        case .symbolicLink: .link
        case .submodule: .submodule
        case .file, .executable: .file
        case .folder: nil
        }
    }
}

extension Commit {
    /// Whether its message releases the deletes that ``PruneGuard`` holds.
    public var approvesPruning: Bool {
        trailers(PruneGuard.trailer).contains { $0.lowercased() == PruneGuard.approval }
    }
}

extension Issue {
    /// A folder below `clusters/` that is not opened, since it has too many others around it.
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
