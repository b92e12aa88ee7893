import Formats

/// An entry of an exported folder that a job may not find as expected.
public struct ExportRemark: Sendable, Hashable {
    /// What is special about the entry.
    public enum Kind: Sendable, Hashable {
        /// A symbolic link that may lead out of the exported folder. It is written as it is and never followed.
        case outsideLink(target: String)
        /// A submodule. The export creates an empty folder.
        case submodule
        /// A Git LFS pointer, without the content.
        case lfsPointer
    }

    /// The path relative to the exported folder.
    public let path: String
    /// What is special about it.
    public let kind: Kind
}

extension Repository {
    /// Finds the entries of a folder that an export does not write as expected.
    ///
    /// The result is for warnings: missing objects are skipped, and the search ends after 50,000 entries.
    ///
    /// - Parameters:
    ///   - tree: the folder's tree.
    ///   - excluded: names in the folder itself that are left out.
    ///   - limit: the maximum number of remarks.
    public func exportRemarks(on tree: ObjectID, excluding excluded: Set<String> = [], limit: Int) -> [ExportRemark] {
        var search = ExportRemarkSearch(handle, limit: limit)
        search.visitFolder(tree, at: "", excluding: excluded, depth: 0)
        return search.remarks
    }
}

/// Searches a folder in the order of its tree.
private struct ExportRemarkSearch {
    private static let deepest = 256
    private static let mostEntries = 50_000
    /// In bytes: Linux's `PATH_MAX`.
    private static let longestTarget = 4096

    private let handle: RepositoryHandle
    private let limit: Int
    private var entries = 0
    private(set) var remarks: [ExportRemark] = []

    init(_ handle: RepositoryHandle, limit: Int) {
        self.handle = handle
        self.limit = limit
    }

    private var isDone: Bool { remarks.count >= limit || entries >= Self.mostEntries }

    mutating func visitFolder(_ tree: ObjectID, at path: String, excluding excluded: Set<String>, depth: Int) {
        guard depth < Self.deepest, var object = try? handle.tree(tree, at: path) else { return }
        while let entry = object.current, !isDone {
            entries += 1
            let name = String(decoding: object.name(of: entry), as: UTF8.self)
            if depth > 0 || !excluded.contains(name) {
                let entryPath = path.isEmpty ? name : "\(path)/\(name)"
                if let kind = entry.kind {
                    appendRemark(kind, entry.id, at: entryPath, depth: depth)
                } else {
                    visitFolder(entry.id, at: entryPath, excluding: [], depth: depth + 1)
                }
            }
            guard (try? object.advance(tree, at: path)) != nil else { return }
        }
    }

    private mutating func appendRemark(_ kind: TreeEntry.Kind, _ id: ObjectID, at path: String, depth: Int) {
        switch kind {
        case .folder: return
        case .submodule:
            remarks.append(ExportRemark(path: path, kind: .submodule))
        case .symbolicLink:
            guard let bytes = content(of: id, at: path, limit: Self.longestTarget) else { return }
            guard !LinkTarget(bytes: bytes).isInside(depth: depth) else { return }
            let target = String(decoding: bytes, as: UTF8.self)
            remarks.append(ExportRemark(path: path, kind: .outsideLink(target: target)))
        case .file, .executable:
            guard let bytes = content(of: id, at: path, limit: LFSPointer.longest), LFSPointer.isPointer(bytes) else {
                return
            }
            remarks.append(ExportRemark(path: path, kind: .lfsPointer))
        }
    }

    private func content(of id: ObjectID, at path: String, limit: Int) -> [UInt8]? {
        guard let size = try? handle.blobSize(id, at: path), size <= limit else { return nil }
        return try? handle.blob(id, at: path)
    }
}
