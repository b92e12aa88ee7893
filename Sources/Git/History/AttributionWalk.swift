/// Walks history once for all files, from the newest commit to the oldest, and hands each file that is still sought on to the
/// one parent that it came from.
struct AttributionWalk {
    /// What is known of a file.
    struct Found {
        var added: ObjectID?
        var changed: ObjectID?
    }

    /// A file that came from more than one parent, by a merge that has it as none of them.
    struct Fork {
        let path: Int
        let merge: CommitNode
    }

    /// One for each path.
    private(set) var found: [Found]
    /// Where the search for a file's addition has to go on by itself.
    private(set) var forks: [Fork] = []

    private let history: FileHistory
    private let since: ObjectID?
    private let indices: [String: Int]
    private var waiting = CommitQueue<CommitNode>()
    /// The files that are sought at the commits that wait. A file is sought at one commit at a time.
    private var sought: [ObjectID: Set<Int>] = [:]

    init(_ history: FileHistory, paths: [String], since: ObjectID?) {
        self.history = history
        self.since = since
        indices = Dictionary(zip(paths, paths.indices)) { first, _ in first }
        found = Array(repeating: Found(), count: paths.count)
    }

    mutating func run(from commit: ObjectID) throws(GitError) {
        try hand(Set(indices.values), to: commit)
        while let commit = waiting.next() {
            guard commit.id != since, let paths = sought.removeValue(forKey: commit.id) else { continue }
            if commit.parents.count > 1 {
                try visitMerge(commit, paths)
            } else {
                try visit(commit, paths)
            }
        }
    }

    /// Takes a commit down for files that have none yet.
    mutating func note(_ commit: ObjectID, paths: some Sequence<Int>, at key: WritableKeyPath<Found, ObjectID?>) {
        for path in paths where found[path][keyPath: key] == nil {
            found[path][keyPath: key] = commit
        }
    }

    /// The sets are moved along, not copied: a commit costs what it changed, however many files are sought.
    private mutating func hand(_ paths: consuming Set<Int>, to commit: ObjectID) throws(GitError) {
        guard !paths.isEmpty else { return }
        if let others = sought.removeValue(forKey: commit) {
            sought[commit] = others.count > paths.count ? others.union(paths) : paths.union(others)
        } else {
            let node = try history.node(commit)
            waiting.add(node, time: node.time)
            sought[commit] = paths
        }
    }

    private mutating func visit(_ commit: CommitNode, _ paths: consuming Set<Int>) throws(GitError) {
        for change in try history.changes(from: commit.parents.first, to: commit) {
            guard let path = indices[change.path], paths.contains(path) else { continue }
            note(commit.id, paths: [path], at: \.changed)
            if change.kind == .added {
                note(commit.id, paths: [path], at: \.added)
                paths.remove(path)
            }
        }
        if let parent = commit.parents.first {
            try hand(paths, to: parent)
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
            try hand(paths, to: parent)
            paths = changed
        }
        note(commit.id, paths: paths, at: \.changed)
        forks += paths.sorted().map { Fork(path: $0, merge: commit) }
    }
}
