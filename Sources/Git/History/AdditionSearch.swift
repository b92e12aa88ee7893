/// Looks for the commit that added one file, from a merge on that has it as none of its parents: then all of them are followed,
/// and whichever addition `git log` shows first is the one. Such merges are rare, so each file may walk for itself.
enum AdditionSearch {
    /// - Returns: nil only for a file that the merge does not have. Where `git log --diff-filter=A` shows nothing, since it shows
    ///   no difference of a merge, the newest merge that has the file while none of its parents does.
    static func run(_ history: FileHistory, path: String, from merge: CommitNode) throws(GitError) -> ObjectID? {
        var seen: Set<ObjectID> = [merge.id]
        var addingMerge: ObjectID?
        var waiting = CommitQueue<CommitNode>()
        waiting.add(merge, time: merge.time)
        while let commit = waiting.next() {
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
                waiting.add(parent, time: parent.time)
            }
        }
        return addingMerge
    }
}
