extension Repository {
    /// Finds out, for many files in one walk, which commits added them and changed them last: what `git log` says of each.
    ///
    /// History is simplified as `git log -- FILE` does it: at a merge the first parent that has the file as the merge has it is
    /// followed alone, and all are where none has. <https://git-scm.com/docs/git-log#_history_simplification>
    ///
    /// - Parameters:
    ///   - paths: files below `folder`, also such that the commit has no longer.
    ///   - folder: relative to the root, empty for the root itself; nothing outside is opened.
    ///   - commit: where to begin.
    ///   - since: an older commit, of which all is known. A file whose history comes to it is not followed on: what was
    ///     attributed there holds for what is nil in the result.
    /// - Returns: one value for each path, in their order; nil for a file without a commit of its own in what was walked. In a shallow clone
    ///   its boundary has added everything, as `git log` says.
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
        var walk = AttributionWalk(history, paths: paths, since: since)
        try walk.run(from: commit)
        for fork in walk.forks {
            if let addition = try AdditionSearch.run(history, path: paths[fork.path], from: fork.merge) {
                walk.note(addition, paths: [fork.path], at: \.added)
            }
        }
        var stamps: [ObjectID: CommitStamp] = [:]
        // Of files that stand side by side, many were added by one commit.
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
