/// Reads commits and their changes to some files, and caches a bounded number of trees and commits.
///
/// It compares the trees of many commits ahead, folder by folder: a pack stores the versions of a folder as deltas of
/// each other. Commit by commit, each version would be unpacked again through all newer ones.
final class FileHistory {
    private static let mostKeptBytes = 64 << 20
    private static let mostKeptNodes = 100_000
    /// The maximum number of commits to read ahead. The number begins with one and doubles, so that a short history
    /// stays cheap.
    private static let farthest = 4096

    private let handle: RepositoryHandle
    private let folder: String
    /// Every folder above one of the files.
    private let folders: Set<String>
    /// The folders that contain one of the files directly.
    private let homes: Set<String>
    private let boundary: Set<ObjectID>
    private let since: ObjectID?
    private var trees: [ObjectID: TreeObject] = [:]
    private var keptBytes = 0
    private var nodes: [ObjectID: CommitNode] = [:]
    /// The differences of folders in the commits ahead.
    private var known: [TreePair: [Change]] = [:]
    private var foreseen: Set<ObjectID> = []
    private var distance = 1

    /// - Parameters:
    ///   - handle: the repository.
    ///   - folder: the folder to read. Nothing outside it is opened.
    ///   - paths: the files.
    ///   - boundary: the commits whose parents are missing in a shallow clone.
    ///   - since: the commit at which the walk ends.
    init(
        _ handle: RepositoryHandle,
        folder: String,
        paths: [String],
        boundary: Set<ObjectID>,
        since: ObjectID?
    ) {
        self.handle = handle
        self.folder = folder
        self.boundary = boundary
        self.since = since
        var homes: Set<String> = []
        var folders: Set<String> = []
        for path in paths {
            var rest = path[...]
            while let slash = rest.utf8.lastIndex(of: 0x2F) {
                let isHome = rest.endIndex == path.endIndex
                rest = rest[..<slash]
                if isHome {
                    homes.insert(String(rest))
                }
                guard folders.insert(String(rest)).inserted else { break }
            }
        }
        self.homes = homes
        self.folders = folders.union([""])
    }

    /// Reads a commit. At the boundary of a shallow clone it has no parents.
    func node(_ id: ObjectID) throws(GitError) -> CommitNode {
        if let node = nodes[id] { return node }
        let node = try handle.node(id, boundary)
        if nodes.count > Self.mostKeptNodes {
            nodes = [:]
        }
        nodes[id] = node
        return node
    }

    /// The changes of a commit in the folders of the files; without a parent, against the empty tree.
    func changes(from parent: ObjectID?, to commit: CommitNode) throws(GitError) -> [Change] {
        if parent != nil, !foreseen.contains(commit.id) {
            // An object that can't be read ahead may not be needed at all.
            try? lookAhead(from: commit)
        }
        return try changes(from: parent, to: commit) { [known] in known[$0] }
    }

    private func changes(
        from parent: ObjectID?,
        to commit: CommitNode,
        _ shortcut: @escaping (TreePair) -> [Change]?
    ) throws(GitError) -> [Change] {
        let before = try parent.map { (parent) throws(GitError) in try node(parent).tree }
        guard before != commit.tree else { return [] }
        var comparison = TreeComparison(readOld: tree, readNew: tree, isWanted: folders.contains, shortcut: shortcut)
        try comparison.compare(
            before.map { (root) throws(GitError) in try handle.find(folder, in: root, tree).folder } ?? nil,
            handle.find(folder, in: commit.tree, tree).folder,
            at: folder
        )
        return comparison.changes
    }

    /// Compares the folders of a commit and of some commits before it.
    private func lookAhead(from commit: CommitNode) throws(GitError) {
        known = [:]
        var differing: [String: [TreePair]] = [:]
        var waiting = CommitQueue<CommitNode>()
        waiting.insert(commit, time: commit.time)
        foreseen.insert(commit.id)
        var rest = distance
        while rest > 0, let commit = waiting.popNewest() {
            rest -= 1
            for parent in commit.parents {
                _ = try changes(from: parent, to: commit) { [homes] pair in
                    guard homes.contains(pair.path) else { return nil }
                    differing[pair.path, default: []].append(pair)
                    return []
                }
                if rest > 0, parent != since, foreseen.insert(parent).inserted {
                    let node = try node(parent)
                    waiting.insert(node, time: node.time)
                }
            }
        }
        while let unseen = waiting.popNewest() {
            foreseen.remove(unseen.id)
        }
        distance = min(2 * distance, Self.farthest)
        for pairs in differing.values {
            try compare(pairs)
        }
    }

    /// Compares the versions of a folder, oldest first, since unpacking an old version unpacks the newer ones on the
    /// way.
    private func compare(_ pairs: [TreePair]) throws(GitError) {
        for pair in pairs.reversed() where known[pair] == nil {
            var comparison = TreeComparison(readOld: tree, readNew: tree, isWanted: folders.contains)
            try comparison.compare(pair.old, pair.new, at: pair.path)
            known[pair] = comparison.changes
        }
    }

    /// The entry of a commit at a path; nil for a folder or an absent path.
    func entry(at path: String, in commit: CommitNode) throws(GitError) -> TreeEntry? {
        if case .entry(let entry) = try handle.find(path, in: commit.tree, tree) { entry } else { nil }
    }

    private func tree(_ id: ObjectID, at path: String) throws(GitError) -> TreeObject {
        if let tree = trees[id] { return tree }
        let tree = try handle.tree(id, at: path, isChecked: false)
        if keptBytes > Self.mostKeptBytes {
            trees = [:]
            keptBytes = 0
        }
        trees[id] = tree
        keptBytes += tree.bytes.count
        return tree
    }
}
