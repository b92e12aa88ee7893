/// A folder that exists in two commits.
struct TreePair: Hashable {
    let path: String
    let old: ObjectID
    let new: ObjectID
}

/// Compares two trees folder by folder, without opening folders that are the same in both.
struct TreeComparison {
    /// Reads a tree, given its name and its path.
    typealias Reader = (ObjectID, String) throws(GitError) -> TreeObject

    /// The maximum number of entries and folders, so that a hostile tree can't fill the memory.
    static let mostEntries = 500_000

    private let readOld: Reader
    private let readNew: Reader
    private let isWanted: (String) -> Bool
    private let shortcut: (TreePair) -> [Change]?
    private(set) var changes: [Change] = []
    private var entries = 0

    /// - Parameters:
    ///   - readOld: reads a tree of the old side.
    ///   - readNew: reads a tree of the new side.
    ///   - isWanted: whether a folder that differs is opened.
    ///   - shortcut: the known differences of a folder's two trees; nil if the trees have to be opened.
    init(
        readOld: @escaping Reader,
        readNew: @escaping Reader,
        isWanted: @escaping (String) -> Bool = { _ in true },
        shortcut: @escaping (TreePair) -> [Change]? = { _ in nil }
    ) {
        self.shortcut = shortcut
        self.readOld = readOld
        self.readNew = readNew
        self.isWanted = isWanted
    }

    /// Compares two folders, one of which may be absent, and appends the differences, sorted by the bytes of the path.
    mutating func compare(_ old: ObjectID?, _ new: ObjectID?, at path: String, depth: Int = 0) throws(GitError) {
        guard old != new, isWanted(path) else { return }
        if let old, let new, let known = shortcut(TreePair(path: path, old: old, new: new)) {
            changes += known
            return
        }
        var before = try old.map { (id) throws(GitError) in try readOld(id, path) } ?? TreeObject()
        var after = try new.map { (id) throws(GitError) in try readNew(id, path) } ?? TreeObject()
        let prefix = path.isEmpty ? "" : "\(path)/"
        while let order = Self.order(before, after) {
            let left = order <= 0 ? before.current : nil
            let right = order >= 0 ? after.current : nil
            if left?.id != right?.id || left?.kind != right?.kind {
                let name = left.map(before.name) ?? right.map(after.name) ?? []
                try appendDifference(left, right, at: prefix + String(decoding: name, as: UTF8.self), depth: depth)
            }
            if let left, let right, left.id == right.id {
                TreeObject.skipCommon(&before, &after)
            }
            if left != nil, let old { try before.advance(old, at: path) }
            if right != nil, let new { try after.advance(new, at: path) }
        }
    }

    /// Which tree has the next entry: below zero the old one, above zero the new one, zero both. Nil at the end of
    /// both.
    private static func order(_ before: TreeObject, _ after: TreeObject) -> Int? {
        guard let left = before.current else { return after.current == nil ? nil : 1 }
        guard let right = after.current else { return -1 }
        return TreeObject.order(left, in: before, right, in: after)
    }

    private mutating func appendDifference(
        _ left: TreeObject.Entry?,
        _ right: TreeObject.Entry?,
        at path: String,
        depth: Int
    ) throws(GitError) {
        // A file and a folder of the same name are never compared here: they have different places in a tree's order.
        entries += 1
        guard entries <= Self.mostEntries else { throw .treeTooLarge(path: path, limit: Self.mostEntries) }
        if (left ?? right)?.isFolder == true, depth + 1 < TreeEntry.deepest {
            try compare(left?.id, right?.id, at: path, depth: depth + 1)
            return
        }
        guard isWanted(path) || (left ?? right)?.isFolder != true else { return }
        changes.append(Change(path: path, old: left?.leaf(at: path), new: right?.leaf(at: path)))
    }
}
