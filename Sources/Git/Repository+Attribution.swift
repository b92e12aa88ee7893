public import Foundation

/// One commit in the history of a file.
public struct CommitStamp: Sendable, Equatable {
    /// The commit's own id.
    public let commit: ObjectID
    /// The author's mail address, after `.mailmap`.
    public let mail: String
    /// The author's time.
    public let time: Date
}

/// Who added a file and who changed it last.
public struct FileAttribution: Sendable, Equatable {
    /// `git log -1 --diff-filter=A -- FILE`; nil where that lies before the commits that were walked.
    public var added: CommitStamp?
    /// `git log -1 -- FILE`; nil likewise.
    public var changed: CommitStamp?
}

extension Repository {
    /// Finds out, for many files in one walk, which commits added them and changed them last.
    ///
    /// History is simplified as `git log -- FILE` does it: at a merge the first parent that has the file as the merge has it is
    /// followed alone, and all are where none has. Source: <https://git-scm.com/docs/git-log#_history_simplification>.
    ///
    /// - Parameters:
    ///   - paths: files below `folder` that are there at the commit.
    ///   - folder: where all of them lie.
    ///   - commit: where to begin.
    ///   - since: a commit up to which everything is known: what is reachable from it is not walked for files that it has.
    public func attribution(
        of paths: [String],
        under folder: String,
        at commit: ObjectID,
        since: ObjectID? = nil
    ) throws(GitError) -> [String: FileAttribution] {
        var walk = AttributionWalk(handle: handle, folder: folder)
        if let since, let base = try? handle.folder(folder, at: since) {
            walk.known = try handle.ancestors(of: commit, without: since)
            walk.isNew = try handle.paths(paths, missingIn: base, under: folder)
        }
        try walk.run(paths, from: commit)
        return walk.found
    }
}

/// Walks history from the newest commit to the oldest and hands each file that is still sought on to the right parents.
struct AttributionWalk {
    let handle: RepositoryHandle
    let folder: String
    /// The commits that are not known yet; nil where none is.
    var known: Set<ObjectID>?
    /// Of the files, those for which even what is known is walked.
    var isNew: Set<String> = []
    private(set) var found: [String: FileAttribution] = [:]
    private var waiting = CommitQueue()

    init(handle: RepositoryHandle, folder: String) {
        self.handle = handle
        self.folder = folder
    }

    mutating func run(_ paths: [String], from commit: ObjectID) throws(GitError) {
        for path in paths {
            found[path] = FileAttribution()
        }
        try hand(Set(paths), to: commit)
        while let (commit, parents, paths) = waiting.next() {
            switch parents.count {
            case 0, 1: try visit(commit, parent: parents.first, paths)
            default: try visitMerge(commit, parents: parents, paths)
            }
        }
    }

    private mutating func hand(_ paths: Set<String>, to commit: ObjectID) throws(GitError) {
        var paths = paths
        if let known, !known.contains(commit) {
            paths.formIntersection(isNew)
        }
        guard !paths.isEmpty else { return }
        let ancestry = try handle.ancestry(commit)
        waiting.add(paths, commit: commit, parents: ancestry.parents, time: ancestry.time)
    }

    private mutating func visit(_ commit: ObjectID, parent: ObjectID?, _ paths: Set<String>) throws(GitError) {
        var rest = paths
        for change in try changes(from: parent, to: commit) where paths.contains(change.path) {
            let isAdded = change.old == nil
            try note(commit, change.path, isAdded: isAdded)
            if isAdded {
                rest.remove(change.path)
            }
        }
        if let parent {
            try hand(rest, to: parent)
        }
    }

    private mutating func visitMerge(_ commit: ObjectID, parents: [ObjectID], _ paths: Set<String>) throws(GitError) {
        var undecided = paths
        for parent in parents {
            let changed = Set(try changes(from: parent, to: commit).map(\.path))
            try hand(undecided.subtracting(changed), to: parent)
            undecided.formIntersection(changed)
        }
        for path in undecided {
            try note(commit, path, isAdded: false)
        }
        for parent in parents {
            try hand(undecided, to: parent)
        }
    }

    private func changes(from parent: ObjectID?, to commit: ObjectID) throws(GitError) -> [Change] {
        var comparison = TreeComparison(handle: handle)
        let before = try parent.map { (parent) throws(GitError) in try handle.folder(folder, at: parent) } ?? nil
        try comparison.compare(before, try handle.folder(folder, at: commit), at: folder)
        return comparison.changes
    }

    private mutating func note(_ commit: ObjectID, _ path: String, isAdded: Bool) throws(GitError) {
        guard found[path]?.changed == nil || isAdded else { return }
        let value = try handle.commitValue(commit)
        let stamp = CommitStamp(commit: commit, mail: value.author.mail, time: value.author.time)
        if found[path]?.changed == nil {
            found[path]?.changed = stamp
        }
        if isAdded, found[path]?.added == nil {
            found[path]?.added = stamp
        }
    }
}

/// Commits with the files that are sought there, newest first.
private struct CommitQueue {
    private var entries: [ObjectID: (parents: [ObjectID], time: Int64, paths: Set<String>)] = [:]

    mutating func add(_ paths: Set<String>, commit: ObjectID, parents: [ObjectID], time: Int64) {
        entries[commit, default: (parents, time, [])].paths.formUnion(paths)
    }

    mutating func next() -> (commit: ObjectID, parents: [ObjectID], paths: Set<String>)? {
        let newest = entries.max { ($0.value.time, $1.key) < ($1.value.time, $0.key) }
        guard let newest else { return nil }
        entries[newest.key] = nil
        return (newest.key, newest.value.parents, newest.value.paths)
    }
}
