import Git
import Jobs
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

        init(path: String, place: JobPath? = nil, entry: TreeEntry?, isKnown: Bool) {
            self.path = path
            self.place = place ?? JobPath(path)
            self.entry = entry
            self.isKnown = isKnown
        }
    }

    /// The changed paths, sorted. Unchanged folders are not opened where the old commit is still there.
    func changedFiles(at head: ObjectID, since old: ObjectID?, journal: Journal) async throws -> [ChangedFile] {
        if let old, let changes = try await difference(from: old, to: head) {
            return changes
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
                if blob == entry.id.description { continue }
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
        return changes.map { ChangedFile(path: $0.path, entry: $0.new, isKnown: $0.old != nil) }
    }
}
