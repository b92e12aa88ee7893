import Foundation
import Git
import JobFile
import JobTree
import Jobs
import Journal
import Synchronization

/// The branch that is served: reads what a commit changed, as far as the journal does not have it yet.
struct JobsBranch: Sendable {
    let repository: Repository
    /// The same one, for what was changed when: it is found out beside the reading.
    let history: Repository
    let name: String
    /// What keeps a careless push from deleting many jobs.
    let pruneGuard: PruneGuard
    let limits: FileLimits
    private let fileCount = FileCount()

    /// What there is to take in.
    struct News: Sendable {
        let commit: CommitRecord
        /// Reached the branch with it.
        let skipped: [CommitRecord]
        let changes: [JobFileChange]
        let strays: [String: [Issue]]
        /// What is to be said of the commit itself.
        let notes: [Issue]
        /// Whether deletes that were held before are carried out.
        let approvesPruning: Bool
    }

    /// How many of the commits that a push brings are reported on, the newest. A branch that is served for the first time has a history.
    static let reportedMost = 10_000

    /// The newest commit; nil where the repository is empty or the branch absent.
    func head() async throws -> ObjectID? {
        try await repository.head(of: name)
    }

    /// Reads what differs between the journal's commit and the newest one.
    ///
    /// - Parameters:
    ///   - head: the newest commit.
    ///   - old: the commit that was taken in last; nil where there was none, or the journal is to be compared file by file.
    ///   - comparesAll: whether all of the journal's files are held against the tree, and their whole history is read, as without an old commit.
    ///   - journal: where to look up the files that are known.
    /// - Throws: ``GitError`` where the tree can't be read whole: then nothing may be concluded from it. ``RepositoryTooLarge``.
    func news(
        at head: ObjectID,
        since old: ObjectID?,
        comparesAll: Bool = false,
        journal: Journal
    ) async throws -> News {
        var files = try await changedFiles(at: head, since: comparesAll ? nil : old, journal: journal)
        let commits = try await repository.commits(upTo: head, since: old, limit: Self.reportedMost)
        let isForward = try await isForward(from: old, to: head)
        let approval = PruneApproval(repository: repository, journal: journal)
        let isApproved = try await approval.isGiven(by: commits, at: head, since: old, isForward: isForward)
        let range = PruneGuard.Range(isForward: isForward, isApproved: isApproved)
        var hiding = HidingEntries(files.compactMap(\.entry))
        if isApproved {
            hiding = HidingEntries(try await repository.tree(at: head, under: "clusters"))
            files += try await heldFiles(hiddenBy: hiding, except: files, journal: journal)
        }
        let deletes = files.filter { hiding.fault(above: $0.path) == nil }
        let reasons = try await pruneReasons(deletes, at: head, range, journal: journal)
        let unchanged = try await unchangedFiles(files, since: old, journal)
        if !comparesAll {
            try checkCount(files, beside: unchanged)
        }
        let budget = ByteBudget(spent: unchanged.bytes, limit: comparesAll ? .max : limits.bytes)
        async let attributions = attributions(of: files, at: head, since: comparesAll ? nil : old)
        let contents = try await contents(of: files, at: head, budget)
        let (changes, strays) = Self.changes(files, contents, try await attributions, reasons, hiding)
        fileCount.note(
            FileTotals(
                files: unchanged.files + contents.count { $0 != nil },
                bytes: budget.spent
            ),
            at: head
        )
        let records = commits.map { CommitRecord(sha: $0.id.description, author: $0.author.mail, message: $0.message) }
        return News(
            commit: try await record(head),
            skipped: records.filter { $0.sha != head.description },
            changes: changes,
            strays: strays,
            notes: try await notes(at: head, since: old, isForward: isForward),
            approvesPruning: isApproved
        )
    }

    /// What the commit's report says of the branch.
    private func notes(at head: ObjectID, since old: ObjectID?, isForward: Bool) async throws -> [Issue] {
        var notes: [Issue] = []
        if let old, !isForward {
            let message =
                """
                the branch was rewritten: it does not lead to commit \(old) any more, which was in force; \
                if that was not meant, go back with: git push --force origin \(old):refs/heads/\(name)
                """
            notes.append(Issue(path: "clusters", severity: .warning, message: message))
        }
        if let fault = await repository.mailmapFault() {
            notes.append(Issue(path: ".mailmap", severity: .warning, message: fault))
        }
        return notes
    }

    /// What the files have that are not among the changed ones.
    private func unchangedFiles(
        _ files: [ChangedFile],
        since old: ObjectID?,
        _ journal: Journal
    ) async throws -> FileTotals {
        let keys = files.compactMap { file in if case .job(let key) = file.place { key } else { nil } }
        return try await fileCount.unchanged(since: old, changed: keys, in: journal)
    }

    private func checkCount(_ files: [ChangedFile], beside unchanged: FileTotals) throws {
        let present = files.count { file in
            if case .job = file.place { file.entry != nil } else { false }
        }
        let count = unchanged.files + present
        guard present == 0 || count <= limits.files else {
            throw RepositoryTooLarge.files(count, limit: limits.files)
        }
    }

    /// - Parameters:
    ///   - contents: one for each file, as are the attributions.
    ///   - reasons: by cluster, why its deletes are held.
    ///   - hiding: what stands in place of folders.
    private static func changes(
        _ files: [ChangedFile],
        _ contents: [ReadJobFile?],
        _ attributions: [Attribution?],
        _ reasons: [String: String],
        _ hiding: HidingEntries
    ) -> (changes: [JobFileChange], strays: [String: [Issue]]) {
        var changes: [JobFileChange] = []
        changes.reserveCapacity(files.count)
        var strays: [String: [Issue]] = [:]
        for index in files.indices {
            let path = files[index].path
            let isGone = files[index].entry == nil
            switch files[index].place {
            case .ignored:
                if let fault = files[index].entry?.folderFault {
                    strays[path] = [fault.issue]
                } else if files[index].mayHideFolder {
                    strays[path] = []
                }
            case .stray(let fault):
                strays[path] = isGone ? [] : [Issue(path: path, severity: .error, message: fault)]
            case .lookalike(let advice):
                strays[path] = isGone ? [] : [Issue(path: path, severity: .warning, message: advice)]
            case .job(let key):
                let read = contents[index]
                // Nothing is new of it, not even who changed it.
                if files[index].isReverted, attributions[index] == nil { continue }
                if files[index].isCheckedAgain, read?.issuesText == files[index].knownIssues { continue }
                if let read, !read.isUsable, files[index].entry?.kind.isRegular == false, !files[index].isKnown {
                    strays[path] = read.issues
                } else {
                    let content = read.map(JobFileChange.Content.file)
                    let fault = isGone ? hiding.fault(above: path) : nil
                    if let fault {
                        strays[fault.path] = [fault.issue]
                    }
                    let reason = fault?.reasonToKeep ?? reasons[key.cluster]
                    let absence = reason.map(JobFileChange.Content.kept) ?? .gone
                    changes.append(
                        JobFileChange(key: key, content: content ?? absence, attribution: attributions[index])
                    )
                }
            }
        }
        return (changes, strays)
    }

    /// By cluster, why its deletes are held; no entry where they aren't.
    private func pruneReasons(
        _ files: [ChangedFile],
        at head: ObjectID,
        _ range: PruneGuard.Range,
        journal: Journal
    ) async throws -> [String: String] {
        var deleted: [String: Int] = [:]
        for file in files where file.entry == nil {
            if case .job(let key) = file.place {
                deleted[key.cluster, default: 0] += 1
            }
        }
        guard !deleted.isEmpty else { return [:] }
        var range = range
        range.isEmptied = try await !repository.hasEntries(at: head, under: "clusters")
        // All jobs are counted only where that matters.
        let totals = deleted.values.contains { $0 > pruneGuard.limit } ? try await journal.jobCounts() : [:]
        return deleted.reduce(into: [:]) { reasons, entry in
            let total = max(entry.value, totals[entry.key] ?? 0)
            reasons[entry.key] = pruneGuard.reason(deleting: entry.value, of: total, in: entry.key, range)
        }
    }

    func isForward(from old: ObjectID?, to head: ObjectID) async throws -> Bool {
        guard let old else { return true }
        do throws(GitError) {
            return try await repository.isAncestor(old, of: head)
        } catch {
            guard case .historyIncomplete = error else { throw error }
            return true
        }
    }

    private func record(_ id: ObjectID) async throws -> CommitRecord {
        let commit = try await repository.commit(id)
        return CommitRecord(sha: id.description, author: commit.author.mail, message: commit.message)
    }

    /// What each file says; nil where it is gone, or no job's.
    private func contents(of files: [ChangedFile], at head: ObjectID, _ budget: ByteBudget) async throws
        -> [ReadJobFile?]
    {
        var present: [(entry: TreeEntry, key: JobKey)] = []
        present.reserveCapacity(files.count)
        let indices: [Int?] = files.map { file in
            guard let entry = file.entry, case .job(let key) = file.place else { return nil }
            present.append((entry, key))
            return present.count - 1
        }
        let users = Mutex<[JobCode: [Int]]>([:])
        var read = try await repository.jobReadings(present) { [present] index, reading in
            try budget.spend(reading.size)
            if let code = reading.code {
                users.withLock { $0[code, default: []].append(index) }
            }
            return try ReadJobFile(blob: present[index].entry.id.description, reading)
        }
        try await checkCode(users.withLock { $0 }, of: present, at: head, &read)
        return indices.map { $0.map { read[$0] } }
    }

    /// Adds what is wrong with the code of jobs to what was read of their files.
    ///
    /// - Parameter users: the files of each code, by their indices.
    private func checkCode(
        _ users: [JobCode: [Int]],
        of files: [(entry: TreeEntry, key: JobKey)],
        at head: ObjectID,
        _ read: inout [ReadJobFile]
    ) async throws {
        guard !users.isEmpty else { return }
        var check = try await CodeCheck(repository, at: head)
        for (code, indices) in users {
            let findings = try await check.findings(of: code)
            guard !findings.isEmpty else { continue }
            for index in indices {
                let (entry, key) = files[index]
                guard case .bytes(let bytes) = try await repository.content(of: entry, limit: JobFile.largest) else {
                    continue
                }
                let issues = findings.map { $0.issue(path: key.path, in: bytes) }
                var reading = JobFile.read(bytes, at: key).adding(issues)
                reading.size = bytes.count
                read[index] = try ReadJobFile(blob: entry.id.description, reading)
            }
        }
    }

    /// What history says of each file, in the journal's form; nil where it is gone, or where it has no commit of its own.
    private func attributions(
        of files: [ChangedFile],
        at head: ObjectID,
        since old: ObjectID?
    ) async throws -> [Attribution?] {
        let paths = files.compactMap { $0.entry == nil ? nil : $0.path }
        var found: ArraySlice<FileAttribution?>
        do throws(GitError) {
            found = try await history.attributions(of: paths, under: "clusters", at: head, since: old)[...]
        } catch {
            // An older commit has a tree that git can't read either. What the newest one has is read all the same.
            guard case .objectCorrupt = error else { throw error }
            return files.map { _ in nil }
        }
        // Many files were changed by one commit.
        var names: [ObjectID: String] = [:]
        func name(_ commit: ObjectID) -> String {
            if let name = names[commit] { return name }
            let name = commit.description
            names[commit] = name
            return name
        }
        return files.indices.map { index in
            guard files[index].entry != nil, let attribution = found.popFirst() ?? nil else { return nil }
            return Attribution(
                uid: attribution.added?.mail ?? "",
                created: attribution.added?.time,
                updated: attribution.changed?.time,
                commit: attribution.changed.map { name($0.commit) } ?? ""
            )
        }
    }
}
