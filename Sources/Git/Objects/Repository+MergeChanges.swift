extension Repository {
    /// The changes below a folder that merging a commit into another one makes: compares the merged commit with the
    /// merge base.
    ///
    /// After criss-cross merges there are several merge bases, and each base alone lacks a change that both commits
    /// have. The bases are then merged file by file, as git does: if one base has changed a file since the bases' own
    /// common base, its version counts. If both have changed it, the target's version counts.
    ///
    /// - Parameters:
    ///   - bases: ``mergeBases(_:_:)`` of both commits, at least one.
    ///   - target: the commit that receives the merge.
    ///   - commit: the merged commit.
    ///   - folder: relative to the root.
    /// - Throws: ``GitError`` as ``changes(from:to:under:)``.
    public func mergeChanges(
        bases: [ObjectID],
        into target: ObjectID,
        of commit: ObjectID,
        under folder: String
    ) throws(GitError) -> [Change] {
        guard let first = bases.first else { return try changes(from: nil, to: commit, under: folder) }
        let changes = try changes(from: first, to: commit, under: folder)
        guard bases.count > 1 else { return changes }
        var merged = Dictionary(changes.map { ($0.path, $0) }) { $1 }
        for (path, entry) in try mergedFiles(of: bases, target, under: folder) {
            let new: TreeEntry? =
                if let change = merged[path] { change.new } else { try self.entry(at: path, in: commit) }
            merged[path] = entry == new ? nil : Change(path: path, old: entry, new: new)
        }
        return merged.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// The files of the merged bases that differ from the first base; nil for a file that only the first base has.
    private func mergedFiles(
        of bases: [ObjectID],
        _ target: ObjectID,
        under folder: String
    ) throws(GitError) -> [String: TreeEntry?] {
        var files: [String: TreeEntry?] = [:]
        for base in bases.dropFirst() {
            let origin = try mergeBases(bases[0], base).first
            for change in try changes(from: bases[0], to: base, under: folder) {
                let before: TreeEntry? = if let origin { try entry(at: change.path, in: origin) } else { nil }
                let ours = files[change.path] ?? change.old
                if ours == before {
                    files.updateValue(change.new, forKey: change.path)
                } else if change.new != before, change.new != ours {
                    files.updateValue(try entry(at: change.path, in: target), forKey: change.path)
                }
            }
        }
        return files
    }
}
