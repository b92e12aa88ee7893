/// Reads commits, and what they changed of some files; trees that were read are kept for the next commit, within bounds.
///
/// What commits changed is found out for many of them ahead, folder by folder: the versions of a folder stand side by side in a
/// pack, as deltas of each other. Commit by commit each would be unpacked anew, by way of all that are newer.
final class FileHistory {
    private static let mostKeptBytes = 64 << 20
    private static let mostKeptNodes = 100_000
    /// How many commits are looked at ahead at most. It begins with one and doubles, so that the history of a single push is no longer
    /// than it is.
    private static let farthest = 4096

    private let handle: RepositoryHandle
    private let folder: String
    /// Every folder that one of the files is in, however deep.
    private let folders: Set<String>
    /// Those of them that one is in itself.
    private let homes: Set<String>
    private let boundary: Set<ObjectID>
    private let since: ObjectID?
    private var trees: [ObjectID: TreeObject] = [:]
    private var keptBytes = 0
    private var nodes: [ObjectID: CommitNode] = [:]
    /// What folders of the commits ahead differ in.
    private var known: [TreePair: [Change]] = [:]
    private var foreseen: Set<ObjectID> = []
    private var distance = 1

    /// - Parameters:
    ///   - handle: the repository.
    ///   - folder: nothing outside it is opened.
    ///   - paths: the files.
    ///   - boundary: the commits whose parents a shallow clone does not have.
    ///   - since: a commit behind which nothing is looked at.
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

    /// A commit; without parents at the boundary of a shallow clone.
    func node(_ id: ObjectID) throws(GitError) -> CommitNode {
        if let node = nodes[id] { return node }
        let node = try handle.node(id, boundary)
        if nodes.count > Self.mostKeptNodes {
            nodes = [:]
        }
        nodes[id] = node
        return node
    }

    /// What a commit changed, as far as it may be one of the files; from nothing where there is no parent.
    func changes(from parent: ObjectID?, to commit: CommitNode) throws(GitError) -> [Change] {
        if parent != nil, !foreseen.contains(commit.id) {
            // What can't be read ahead may not be needed at all.
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

    /// Finds out what the folders differ in, of a commit and some before it.
    private func lookAhead(from commit: CommitNode) throws(GitError) {
        known = [:]
        var differing: [String: [TreePair]] = [:]
        var waiting = CommitQueue<CommitNode>()
        waiting.add(commit, time: commit.time)
        foreseen.insert(commit.id)
        var rest = distance
        while rest > 0, let commit = waiting.next() {
            rest -= 1
            for parent in commit.parents {
                _ = try changes(from: parent, to: commit) { [homes] pair in
                    guard homes.contains(pair.path) else { return nil }
                    differing[pair.path, default: []].append(pair)
                    return []
                }
                if rest > 0, parent != since, foreseen.insert(parent).inserted {
                    let node = try node(parent)
                    waiting.add(node, time: node.time)
                }
            }
        }
        while let unseen = waiting.next() {
            foreseen.remove(unseen.id)
        }
        distance = min(2 * distance, Self.farthest)
        for pairs in differing.values {
            try compare(pairs)
        }
    }

    /// Compares the versions of a folder, the oldest first: what it is a delta of is then unpacked on the way to it.
    private func compare(_ pairs: [TreePair]) throws(GitError) {
        for pair in pairs.reversed() where known[pair] == nil {
            var comparison = TreeComparison(readOld: tree, readNew: tree, isWanted: folders.contains)
            try comparison.compare(pair.old, pair.new, at: pair.path)
            known[pair] = comparison.changes
        }
    }

    /// What a commit has at a path; nil where that is nothing, or a folder.
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
