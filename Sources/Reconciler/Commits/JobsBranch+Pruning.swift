import Git
import JobTree
import Jobs
import Journal

extension JobsBranch {
    /// Why the deletes of some files are held, by cluster; no entry if a cluster's deletes are carried out.
    func pruneReasons(
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
        range.isEmptied = try await !repository.hasEntries(at: head, under: JobPath.root)
        let totals = deleted.values.contains(where: pruneGuard.needsTotal) ? try await journal.jobCounts() : [:]
        return deleted.reduce(into: [:]) { reasons, entry in
            let total = max(entry.value, totals[entry.key] ?? 0)
            reasons[entry.key] = pruneGuard.reason(deleting: entry.value, of: total, in: entry.key, range)
        }
    }

    /// Why the deletes of orphans are held; no entry for an orphan that is deleted.
    func reasonsToKeep(_ orphans: [Orphan], at head: ObjectID, journal: Journal) async throws -> [JobKey: String] {
        let running = Dictionary(grouping: orphans.filter { !$0.isAtRest }, by: \.key.cluster)
        guard !running.isEmpty else { return [:] }
        let isApproved = try await repository.commit(head).approvesPruning
        let isEmptied = try await !repository.hasEntries(at: head, under: JobPath.root)
        let totals = try await journal.jobCounts()
        var reasons: [JobKey: String] = [:]
        for (cluster, orphans) in running {
            for orphan in orphans {
                let range = PruneGuard.Range(
                    isForward: try await isInHistory(orphan.commit, of: head),
                    isEmptied: isEmptied,
                    isApproved: isApproved
                )
                let total = max(orphans.count, totals[cluster] ?? 0)
                reasons[orphan.key] = pruneGuard.reason(deleting: orphans.count, of: total, in: cluster, range)
            }
        }
        return reasons
    }

    /// Whether the commit that started a run is an ancestor of the newest one. If not, the branch was rewritten since.
    private func isInHistory(_ commit: String, of head: ObjectID) async throws -> Bool {
        guard let commit = ObjectID(commit) else { return true }
        return try await isForward(from: commit, to: head)
    }
}

// MARK: - Approval

extension JobsBranch {
    /// Whether a new commit of a push has the trailer that approves deletes. An approval counts once, for the push that brings it.
    ///
    /// If the branch was rewritten, or nothing was in force before, only the newest commit may approve: the others may be old.
    ///
    /// - Parameters:
    ///   - commits: the commits that reached the branch.
    ///   - head: the newest commit.
    ///   - old: the commit that was in force; nil for none.
    ///   - isForward: whether the old commit is an ancestor of the newest one.
    func isPruningApproved(
        by commits: [Commit],
        at head: ObjectID,
        since old: ObjectID?,
        isForward: Bool,
        journal: Journal
    ) async throws -> Bool {
        let mayApprove = old != nil && isForward ? commits : commits.filter { $0.id == head }
        for commit in mayApprove where commit.approvesPruning {
            if try await isNew(commit.id, since: old, journal: journal) { return true }
        }
        return false
    }

    /// Whether a commit was never in force, nor an ancestor of the commit that was.
    private func isNew(_ commit: ObjectID, since old: ObjectID?, journal: Journal) async throws -> Bool {
        if let report = try await journal.reader.commit(commit.description), !report.isRefusal { return false }
        guard let old else { return true }
        do throws(GitError) {
            return try await !repository.isAncestor(commit, of: old)
        } catch {
            // The old commit may be gone, or beyond the boundary of a shallow clone.
            return true
        }
    }
}
