import Git
import JobTree
import Jobs
import Journal

extension JobsBranch {
    /// A path below `clusters/` that differs from the journal.
    struct ChangedFile: Sendable {
        let path: String
        let place: JobPath
        /// The entry of the tree; nil if it is gone.
        let entry: TreeEntry?
        /// Whether the journal has a job for it.
        let isKnown: Bool
        /// Whether commits of the range changed the file and changed it back: only its attribution may be new.
        var isReverted = false
        /// The known issues of an unchanged file that is read again, because its code may be there now; nil for other files.
        var knownIssues: String?
        /// Whether the path has or had an entry that may stand in place of a folder.
        var mayHideFolder = false

        /// Whether the file itself did not change.
        var isCheckedAgain: Bool { knownIssues != nil }

        init(
            path: String,
            place: JobPath? = nil,
            entry: TreeEntry?,
            isKnown: Bool,
            isReverted: Bool = false,
            knownIssues: String? = nil
        ) {
            self.knownIssues = knownIssues
            self.path = path
            self.place = entry?.kind == .folder ? .tooDeep : place ?? JobPath(path)
            self.entry = entry
            self.isKnown = isKnown
            self.isReverted = isReverted
        }
    }

    /// The changed paths, sorted. Unchanged folders are not opened if the old commit still exists.
    func changedFiles(at head: ObjectID, since old: ObjectID?, journal: Journal) async throws -> [ChangedFile] {
        if let old, var changes = try await difference(from: old, to: head) {
            changes += try await filesHidden(by: changes, at: head, journal: journal)
            changes += try await heldFiles(at: head, since: old, except: changes, journal: journal)
            changes += try await revertedFiles(at: head, since: old, besides: changes)
            return changes.sorted { $0.path < $1.path }
        }
        let known = try await journal.files()
        let entries = try await repository.tree(at: head, under: JobPath.root)
        var files: [ChangedFile] = []
        var seen: Set<JobKey> = []
        for entry in entries {
            let place = JobPath(entry.path)
            var blob: String??
            if !known.isEmpty, case .job(let key) = place {
                seen.insert(key)
                blob = known[key]
                if blob == entry.id.description {
                    // The commit in the journal is gone, and the history may be another one.
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
        // A job without a blob had no file before either: its delete is held, or under way.
        for (key, blob) in known where blob != nil && !seen.contains(key) {
            files.append(ChangedFile(path: key.path, entry: nil, isKnown: true))
        }
        if files.count > presentCount {
            files.sort { $0.path < $1.path }
        }
        return files
    }

    /// The difference of two trees; nil if the old commit is gone, as after a forced push and a clean-up.
    private func difference(from old: ObjectID, to head: ObjectID) async throws -> [ChangedFile]? {
        let changes: [Change]
        do throws(GitError) {
            changes = try await repository.changes(from: old, to: head, under: JobPath.root)
        } catch {
            guard case .commitVanished = error else { throw error }
            return nil
        }
        return changes.map { change in
            let place = change.old?.kind == .folder ? JobPath.tooDeep : nil
            var file = ChangedFile(path: change.path, place: place, entry: change.new, isKnown: change.old != nil)
            file.mayHideFolder = change.old?.folderFault != nil || change.old != nil && change.path.hasNoPoint
            return file
        }
    }

    /// The files of held jobs whose folder was hidden by an entry that is gone now: they are really gone.
    private func filesHidden(by changes: [ChangedFile], at head: ObjectID, journal: Journal) async throws
        -> [ChangedFile]
    {
        let gone = changes.filter { $0.entry == nil && $0.mayHideFolder }
        guard !gone.isEmpty else { return [] }
        let present = Set(changes.filter { $0.entry != nil }.map(\.path))
        return try await journal.files().compactMap { key, blob in
            let path = key.path
            guard blob == nil, !present.contains(path), gone.contains(where: { path.hasPrefix($0.path + "/") }) else {
                return nil
            }
            return ChangedFile(path: path, place: .job(key), entry: nil, isKnown: true)
        }
    }

    /// The files of held jobs that an entry still hides: an approval does not release their deletes.
    func heldFiles(
        hiddenBy hiding: HidingEntries,
        except changes: [ChangedFile],
        journal: Journal
    ) async throws -> [ChangedFile] {
        let changed = Set(changes.map(\.path))
        return try await journal.files().compactMap { key, blob in
            guard blob == nil, !changed.contains(key.path), hiding.fault(above: key.path) != nil else { return nil }
            return ChangedFile(path: key.path, place: .job(key), entry: nil, isKnown: true)
        }
    }

    /// The unusable files to read again, because code changed and may be there now.
    private func heldFiles(
        at head: ObjectID,
        since old: ObjectID,
        except changes: [ChangedFile],
        journal: Journal
    ) async throws -> [ChangedFile] {
        let held = try await journal.unusableFiles()
        guard !held.isEmpty else { return [] }
        let changed = Set(changes.map(\.path))
        var known: [String: String] = [:]
        for (key, issues) in held where !changed.contains(key.path) {
            known[key.path] = issues
        }
        guard !known.isEmpty else { return [] }
        var (before, after) = (try await CodeCheck(repository, at: old), try await CodeCheck(repository, at: head))
        guard try await before.content(of: "") != after.content(of: "") else { return [] }
        return try await repository.tree(at: head, under: JobPath.root).compactMap { entry in
            guard let issues = known[entry.path], entry.kind.isRegular else { return nil }
            return ChangedFile(path: entry.path, entry: entry, isKnown: true, knownIssues: issues)
        }
    }

    /// The job files that commits of the range changed and changed back: `git log` shows these commits for them.
    ///
    /// After a rewrite, the commits that are gone count too.
    private func revertedFiles(
        at head: ObjectID,
        since old: ObjectID,
        besides changes: [ChangedFile]
    ) async throws -> [ChangedFile] {
        var commits = try await repository.commits(upTo: head, since: old, limit: Self.mostReported)
        commits += try await repository.commits(upTo: old, since: head, limit: Self.mostReported)
        // A single commit changed only what differs between the trees.
        guard commits.count > 1 || commits.contains(where: { $0.parents.count > 1 }) || commits.last?.id == old else {
            return []
        }
        let paths = await repository.touchedPaths(in: commits, under: JobPath.root).subtracting(changes.map(\.path))
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

extension String {
    /// Whether the last step of a path may name a folder of job files.
    fileprivate var hasNoPoint: Bool {
        let name = utf8.lastIndex(of: UInt8(ascii: "/")).map { utf8[index(after: $0)...] } ?? utf8[...]
        return !name.contains(UInt8(ascii: "."))
    }
}

extension JobPath {
    /// The place of a folder that is too deep to be read.
    static let tooDeep = JobPath.stray(Issue.tooDeep("").message)
}
