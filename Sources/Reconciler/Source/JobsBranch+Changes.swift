import Git
public import Jobs
import Journal

extension JobsBranch {
    /// A path below `clusters/` that is not as the journal has it.
    struct ChangedFile: Sendable {
        let path: String
        let place: JobPath
        /// Nil where it is gone.
        let entry: TreeEntry?
        /// Whether the journal has a job for it.
        let isKnown: Bool
        /// Whether it is as it was, though commits of the range changed it: only who did so may be new.
        var isReverted = false

        init(path: String, place: JobPath? = nil, entry: TreeEntry?, isKnown: Bool, isReverted: Bool = false) {
            self.path = path
            self.place = entry?.kind == .folder ? .tooDeep : place ?? JobPath(path)
            self.entry = entry
            self.isKnown = isKnown
            self.isReverted = isReverted
        }
    }

    /// The changed paths, sorted. Unchanged folders are not opened where the old commit is still there.
    func changedFiles(at head: ObjectID, since old: ObjectID?, journal: Journal) async throws -> [ChangedFile] {
        if let old, let changes = try await difference(from: old, to: head) {
            return changes + (try await revertedFiles(at: head, since: old, besides: changes))
        }
        let known = try await journal.files()
        let entries = try await repository.tree(at: head, under: "clusters")
        var files: [ChangedFile] = []
        var seen: Set<JobKey> = []
        for entry in entries {
            let place = JobPath(entry.path)
            var blob: String??
            if !known.isEmpty, case .job(let key) = place {
                seen.insert(key)
                blob = known[key]
                if blob == entry.id.description {
                    // The commit that was taken in is gone, and the history may be another one.
                    guard old != nil else { continue }
                    files.append(
                        ChangedFile(path: entry.path, place: place, entry: entry, isKnown: true, isReverted: true)
                    )
                    continue
                }
            }
            files.append(ChangedFile(path: entry.path, place: place, entry: entry, isKnown: blob != nil))
        }
        let presentCount = files.count
        // What had no file before either has not changed: its delete is held, or under way.
        for (key, blob) in known where blob != nil && !seen.contains(key) {
            files.append(ChangedFile(path: key.path, entry: nil, isKnown: true))
        }
        if files.count > presentCount {
            files.sort { $0.path < $1.path }
        }
        return files
    }

    /// Nil where the old commit is gone from the repository, as after a forced push and a clean-up.
    private func difference(from old: ObjectID, to head: ObjectID) async throws -> [ChangedFile]? {
        let changes: [Change]
        do throws(GitError) {
            changes = try await repository.changes(from: old, to: head, under: "clusters")
        } catch {
            guard case .commitVanished = error else { throw error }
            return nil
        }
        return changes.map { change in
            let place = change.old?.kind == .folder ? JobPath.tooDeep : nil
            return ChangedFile(path: change.path, place: place, entry: change.new, isKnown: change.old != nil)
        }
    }

    /// The job files that commits of the range changed and that are as they were: `git log` shows these commits for them.
    ///
    /// After a rewrite, the commits that are gone count too.
    private func revertedFiles(
        at head: ObjectID,
        since old: ObjectID,
        besides changes: [ChangedFile]
    ) async throws -> [ChangedFile] {
        var commits = try await repository.commits(upTo: head, since: old, limit: Self.reportedMost)
        commits += try await repository.commits(upTo: old, since: head, limit: Self.reportedMost)
        // A single commit changed what differs, and nothing else.
        guard commits.count > 1 || commits.contains(where: { $0.parents.count > 1 }) || commits.last?.id == old else {
            return []
        }
        let paths = await repository.touchedPaths(in: commits, under: "clusters").subtracting(changes.map(\.path))
        var files: [ChangedFile] = []
        for path in paths.sorted() {
            guard case .job = JobPath(path), let entry = try await repository.entry(at: path, in: head) else {
                continue
            }
            files.append(ChangedFile(path: path, entry: entry, isKnown: true, isReverted: true))
        }
        return files
    }
}

extension JobPath {
    /// A folder that is not opened.
    static let tooDeep = JobPath.stray(Issue.tooDeep("").message)
}

extension Issue {
    /// A folder below `clusters/` that is not opened, since it has too many others around it.
    public static func tooDeep(_ path: String) -> Issue {
        Issue(
            path: path,
            severity: .error,
            message: """
                the folder is more than \(TreeEntry.deepest) folders deep and is not read; a job file is \
                clusters/<cid>/partitions/<partition>/<id>.json; move the folder out of clusters/
                """
        )
    }
}
