public import Git
public import Jobs

/// Entries of a tree that may stand where folders of job files were.
public struct HidingEntries: Sendable {
    private var causes: [String: FolderFault.Cause] = [:]
    /// The entries that hide job files, in the order of the tree.
    public private(set) var faults: [FolderFault] = []

    /// - Parameter entries: the new entries below `clusters/`, and `clusters` itself.
    public init(_ entries: some Sequence<TreeEntry>) {
        for entry in entries where entry.path.utf8.count(where: { $0 == UInt8(ascii: "/") }) <= 3 {
            causes[entry.path] = entry.hindrance
            if let fault = entry.folderFault {
                faults.append(fault)
            }
        }
    }

    /// The entry in place of a folder of a file; nil if the folder is there or really gone.
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
    /// The fault of an entry that hides job files; nil if it hides none.
    public var folderFault: FolderFault? { hindrance.flatMap { FolderFault($0, at: path) } }

    /// What the entry is in place of a folder; nil for a folder.
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
    /// The issue of a folder below `clusters/` that is too deep to be read.
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
