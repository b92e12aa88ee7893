public import Foundation

/// One commit in the history of a file.
public struct CommitStamp: Sendable, Hashable {
    /// The commit's id.
    public let commit: ObjectID
    /// The author's mail address, mapped by `.mailmap`.
    public let mail: String
    /// The author's time; nil if it is unknown.
    public let time: Date?
    /// The committer's time, by which `git log` sorts; nil if it is unknown.
    public let committed: Date?
}

/// The commits that added a file and changed it last.
public struct FileAttribution: Sendable, Hashable {
    /// The commit of `git log -1 --diff-filter=A -- FILE`, or a merge that added the file, which git does not show. Nil
    /// if it is not newer than the commit at which the walk ended.
    public var added: CommitStamp?
    /// The commit of `git log -1 -- FILE`. Nil if it is not newer than the commit at which the walk ended.
    public var changed: CommitStamp?
}

extension Repository {
    /// Finds the commits that added many files and changed them last, in one walk, with the results of `git log` for
    /// each file.
    ///
    /// History is simplified as in `git log -- FILE`: at a merge, only the first parent with the same file is followed;
    /// if no parent has the same file, all are. <https://git-scm.com/docs/git-log#_history_simplification>
    ///
    /// - Parameters:
    ///   - paths: files below `folder`. The commit need not have them any more.
    ///   - folder: relative to the root, empty for the root itself. Nothing outside it is opened.
    ///   - commit: the commit to begin with.
    ///   - since: an older commit whose attributions are known. The walk does not go beyond it; use its attributions
    ///     for what is nil in the result.
    /// - Returns: one value for each path, in the same order; nil for a file that no walked commit changed. In a
    ///   shallow clone, the boundary has added all files, as in `git log`.
    public func attributions(
        of paths: [String],
        under folder: String = "",
        at commit: ObjectID,
        since: ObjectID? = nil
    ) throws(GitError) -> [FileAttribution?] {
        let history = FileHistory(
            handle,
            folder: folder,
            paths: paths,
            boundary: handle.shallowBoundary(),
            since: since
        )
        handle.walkedFolders = since == nil ? handle.looseFolders() : nil
        defer { handle.walkedFolders = nil }
        var walk = AttributionWalk(history, paths: paths, since: since)
        try walk.followHistory(from: commit)
        for fork in walk.forks {
            if let addition = try AdditionSearch.findAddition(history, path: paths[fork.path], from: fork.merge) {
                walk.recordCommit(addition, paths: [fork.path], at: \.added)
            }
        }
        var stamps: [ObjectID: CommitStamp] = [:]
        // Many neighbouring files were added by the same commit.
        var last: CommitStamp?
        let mailmap = handle.mailmap()
        func stamp(_ id: ObjectID?) throws(GitError) -> CommitStamp? {
            guard let id else { return nil }
            if let last, last.commit == id { return last }
            last = try newStamp(id)
            return last
        }
        func newStamp(_ id: ObjectID) throws(GitError) -> CommitStamp {
            if let stamp = stamps[id] { return stamp }
            let commit = try handle.commitObject(id)
            let author = commit.author(mailmap)
            let stamp = CommitStamp(
                commit: id,
                mail: author.mail,
                time: author.time,
                committed: commit.committer(mailmap).time
            )
            stamps[id] = stamp
            return stamp
        }
        var result: [FileAttribution?] = []
        result.reserveCapacity(walk.found.count)
        for found in walk.found {
            let attribution = FileAttribution(added: try stamp(found.added), changed: try stamp(found.changed))
            result.append(found.changed == nil ? nil : attribution)
        }
        return result
    }
}

/// Finds the commit that added one file, from a merge whose file differs from all parents. It follows all parents and
/// returns the addition that `git log` shows first. Such merges are rare, so each file can have its own walk.
enum AdditionSearch {
    /// - Returns: nil only for a file that the merge does not have. If `git log --diff-filter=A` shows nothing,
    ///   because it ignores merges, the newest merge that has the file although no parent does.
    static func findAddition(_ history: FileHistory, path: String, from merge: CommitNode) throws(GitError) -> ObjectID?
    {
        var seen: Set<ObjectID> = [merge.id]
        var addingMerge: ObjectID?
        var waiting = CommitQueue<CommitNode>()
        waiting.insert(merge, time: merge.time)
        while let commit = waiting.popNewest() {
            let entry = try history.entry(at: path, in: commit)
            var next: [CommitNode] = []
            var isAdded = entry != nil
            for id in commit.parents {
                let parent = try history.node(id)
                let before = try history.entry(at: path, in: parent)
                isAdded = isAdded && before == nil
                if before == entry {
                    next = [parent]
                    break
                }
                next.append(parent)
            }
            if isAdded, commit.parents.count < 2 { return commit.id }
            addingMerge = addingMerge ?? (isAdded ? commit.id : nil)
            for parent in next where seen.insert(parent.id).inserted {
                waiting.insert(parent, time: parent.time)
            }
        }
        return addingMerge
    }
}
