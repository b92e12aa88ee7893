/// Walks history once for all files, from the newest commit to the oldest. Each unresolved file is followed to the one
/// parent that it came from.
struct AttributionWalk {
    /// The commits found for a file.
    struct Found {
        var added: ObjectID?
        var changed: ObjectID?
    }

    /// A file at a merge that differs from all parents, so that it came from more than one.
    struct Fork {
        let path: Int
        let merge: CommitNode
    }

    /// The results, one for each path.
    private(set) var found: [Found]
    /// Where the search for a file's addition needs its own walk.
    private(set) var forks: [Fork] = []

    private let history: FileHistory
    private let since: ObjectID?
    private let indices: [String: Int]
    private var waiting = CommitQueue<CommitNode>()
    /// The unresolved files of each waiting commit. A file waits at one commit at a time.
    private var sought: [ObjectID: Set<Int>] = [:]

    init(_ history: FileHistory, paths: [String], since: ObjectID?) {
        self.history = history
        self.since = since
        indices = Dictionary(zip(paths, paths.indices)) { first, _ in first }
        found = Array(repeating: Found(), count: paths.count)
    }

    mutating func followHistory(from commit: ObjectID) throws(GitError) {
        try passFiles(Set(indices.values), to: commit)
        while let commit = waiting.popNewest() {
            guard commit.id != since, let paths = sought.removeValue(forKey: commit.id) else { continue }
            if commit.parents.count > 1 {
                try visitMerge(commit, paths)
            } else {
                try visitCommit(commit, paths)
            }
        }
    }

    /// Records a commit for the files that have none yet.
    mutating func recordCommit(_ commit: ObjectID, paths: some Sequence<Int>, at key: WritableKeyPath<Found, ObjectID?>)
    {
        for path in paths where found[path][keyPath: key] == nil {
            found[path][keyPath: key] = commit
        }
    }

    /// Moves the set instead of copying it, so that the cost of a commit depends on its changes only.
    private mutating func passFiles(_ paths: consuming Set<Int>, to commit: ObjectID) throws(GitError) {
        guard !paths.isEmpty else { return }
        if let others = sought.removeValue(forKey: commit) {
            sought[commit] = others.count > paths.count ? others.union(paths) : paths.union(others)
        } else {
            let node = try history.node(commit)
            waiting.insert(node, time: node.time)
            sought[commit] = paths
        }
    }

    private mutating func visitCommit(_ commit: CommitNode, _ paths: consuming Set<Int>) throws(GitError) {
        for change in try history.changes(from: commit.parents.first, to: commit) {
            guard let path = indices[change.path], paths.contains(path) else { continue }
            recordCommit(commit.id, paths: [path], at: \.changed)
            if change.kind == .added {
                recordCommit(commit.id, paths: [path], at: \.added)
                paths.remove(path)
            }
        }
        if let parent = commit.parents.first {
            try passFiles(paths, to: parent)
        }
    }

    private mutating func visitMerge(_ commit: CommitNode, _ paths: consuming Set<Int>) throws(GitError) {
        for parent in commit.parents where !paths.isEmpty {
            var changed: Set<Int> = []
            for change in try history.changes(from: parent, to: commit) {
                if let path = indices[change.path], paths.remove(path) != nil {
                    changed.insert(path)
                }
            }
            try passFiles(paths, to: parent)
            paths = changed
        }
        recordCommit(commit.id, paths: paths, at: \.changed)
        forks += paths.sorted().map { Fork(path: $0, merge: commit) }
    }
}
