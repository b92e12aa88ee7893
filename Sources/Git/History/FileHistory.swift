/// Reads commits, and what they changed of some files; trees that were read are kept for the next commit, within bounds.
final class FileHistory {
    private static let mostKeptBytes = 64 << 20

    private let handle: RepositoryHandle
    private let folder: String
    /// Every folder that one of the files is in, however deep.
    private let folders: Set<String>
    private let boundary: Set<ObjectID>
    private var trees: [ObjectID: TreeObject] = [:]
    private var keptBytes = 0

    init(_ handle: RepositoryHandle, folder: String, paths: [String], boundary: Set<ObjectID>) {
        self.handle = handle
        self.folder = folder
        self.boundary = boundary
        var folders: Set<String> = []
        for path in paths {
            var rest = path[...]
            while let slash = rest.utf8.lastIndex(of: 0x2F) {
                rest = rest[..<slash]
                guard folders.insert(String(rest)).inserted else { break }
            }
        }
        self.folders = folders.union([""])
    }

    /// A commit; without parents at the boundary of a shallow clone.
    func node(_ id: ObjectID) throws(GitError) -> CommitNode {
        let node = try handle.node(id)
        guard boundary.contains(id) else { return node }
        return CommitNode(id: id, tree: node.tree, parents: [], time: node.time)
    }

    /// What a commit changed, as far as it may be one of the files; from nothing where there is no parent.
    func changes(from parent: ObjectID?, to commit: CommitNode) throws(GitError) -> [Change] {
        let before = try parent.map { (parent) throws(GitError) in try handle.node(parent).tree }
        guard before != commit.tree else { return [] }
        var comparison = TreeComparison(readOld: tree, readNew: tree, isWanted: folders.contains)
        try comparison.compare(
            before.map { (root) throws(GitError) in try handle.find(folder, in: root, tree).folder } ?? nil,
            handle.find(folder, in: commit.tree, tree).folder,
            at: folder
        )
        return comparison.changes
    }

    /// What a commit has at a path; nil where that is nothing, or a folder.
    func entry(at path: String, in commit: CommitNode) throws(GitError) -> TreeEntry? {
        if case .entry(let entry) = try handle.find(path, in: commit.tree, tree) { entry } else { nil }
    }

    private func tree(_ id: ObjectID, at path: String) throws(GitError) -> TreeObject {
        if let tree = trees[id] { return tree }
        let tree = try handle.tree(id, at: path)
        if keptBytes > Self.mostKeptBytes {
            trees = [:]
            keptBytes = 0
        }
        trees[id] = tree
        keptBytes += tree.bytes.count
        return tree
    }
}
