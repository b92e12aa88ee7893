import Git
import JobTree
import Jobs
import Journal

/// The branch that the service follows: reads what a commit changed and the journal does not have yet.
struct JobsBranch: Sendable {
    let repository: Repository
    /// A second handle, so that the history is searched while files are read.
    let history: Repository
    let name: String
    /// Holds the deletes of a push that removes too many jobs.
    let pruneGuard: PruneGuard
    let limits: FileLimits
    let fileCount = FileCount()

    /// What a commit brings.
    struct News: Sendable {
        let commit: CommitRecord
        /// The other commits that reached the branch with it.
        let skipped: [CommitRecord]
        let changes: [JobFileChange]
        /// The issues of paths that belong to no job; an empty list removes earlier ones.
        let strays: [String: [Issue]]
        /// The issues of the commit itself.
        let notes: [Issue]
        /// The folders of code that differ, as job files have them.
        let codeFolders: [String]
        /// Whether deletes that were held before are carried out.
        let approvesPruning: Bool
    }

    /// The most commits of one push that are reported, the newest first. A branch has its whole history when it is first served.
    static let mostReported = 10_000

    /// The newest commit; nil if the repository is empty or the branch is absent.
    func head() async throws -> ObjectID? {
        try await repository.head(of: name)
    }

    /// Reads the difference between the journal's commit and the newest one.
    ///
    /// - Parameters:
    ///   - head: the newest commit.
    ///   - old: the commit in the journal; nil if it has none.
    ///   - comparesAll: whether to compare each file of the journal with the tree, and to search the whole history, as without an
    ///     old commit.
    ///   - journal: has the known files.
    /// - Throws: ``GitError`` if the tree can't be read whole: then no conclusion is safe. ``RepositoryTooLarge``.
    func news(
        at head: ObjectID,
        since old: ObjectID?,
        comparesAll: Bool = false,
        journal: Journal
    ) async throws -> News {
        var files = try await changedFiles(at: head, since: comparesAll ? nil : old, journal: journal)
        let commits = try await repository.commits(upTo: head, since: old, limit: Self.mostReported)
        let isForward = try await isForward(from: old, to: head)
        let isApproved = try await isPruningApproved(
            by: commits,
            at: head,
            since: old,
            isForward: isForward,
            journal: journal
        )
        var hiding = HidingEntries(files.compactMap(\.entry))
        if isApproved {
            hiding = HidingEntries(try await repository.tree(at: head, under: JobPath.root))
            files += try await heldFiles(hiddenBy: hiding, except: files, journal: journal)
        }
        let deletes = files.filter { hiding.fault(above: $0.path) == nil }
        let range = PruneGuard.Range(isForward: isForward, isApproved: isApproved)
        let reasons = try await pruneReasons(deletes, at: head, range, journal: journal)
        let unchanged = try await unchangedFiles(files, since: old, journal)
        if !comparesAll {
            try checkCount(files, beside: unchanged)
        }
        let budget = ByteBudget(spent: unchanged.bytes, limit: comparesAll ? .max : limits.bytes)
        async let attributions = attributions(of: files, at: head, since: comparesAll ? nil : old)
        let contents = try await contents(of: files, at: head, budget)
        let (changes, strays) = Self.changes(files, contents, try await attributions, reasons, hiding)
        fileCount.store(
            FileTotals(files: unchanged.files + contents.count { $0 != nil }, bytes: budget.spent),
            at: head
        )
        let records = commits.map { CommitRecord(sha: $0.id.description, author: $0.author.mail, message: $0.message) }
        return News(
            commit: try await record(head),
            skipped: records.filter { $0.sha != head.description },
            changes: changes,
            strays: strays,
            notes: try await notes(since: old, isForward: isForward),
            codeFolders: comparesAll ? [] : try await changedCode(at: head, since: old, journal: journal),
            approvesPruning: isApproved
        )
    }

    /// Whether one commit is an ancestor of another. At the boundary of a shallow clone, this is assumed.
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

    /// The issues of the branch in a commit's report.
    private func notes(since old: ObjectID?, isForward: Bool) async throws -> [Issue] {
        var notes: [Issue] = []
        if let old, !isForward {
            let message =
                """
                the branch was rewritten: it does not lead to commit \(old) any more, which was in force; \
                if that was not meant, go back with: git push --force origin \(old):refs/heads/\(name)
                """
            notes.append(Issue(path: JobPath.root, severity: .warning, message: message))
        }
        if let fault = await repository.mailmapFault() {
            notes.append(Issue(path: ".mailmap", severity: .warning, message: fault))
        }
        return notes
    }
}

// MARK: - Changes

extension JobsBranch {
    /// - Parameters:
    ///   - files: the changed paths.
    ///   - contents: one for each path.
    ///   - attributions: one for each path.
    ///   - reasons: why the deletes of a cluster are held.
    ///   - hiding: the entries that stand in place of folders.
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
                // Neither the file nor the commit that changed it is new.
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
}
