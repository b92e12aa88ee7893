import Foundation
import Git
import JobTree
import Jobs
import Journal
import Logging

extension Reconciler {
    /// Decides on jobs that were taken over and have no file: where the journal was lost, nobody knows whether their delete was held.
    ///
    /// What is stopped or over goes; what runs is judged as a push would be that deletes it now.
    func judgeOrphans(at head: ObjectID, _ branch: JobsBranch) async throws {
        guard hasAdopted else { return }
        var orphans = try await journal.orphans()
        if !orphans.isEmpty {
            // The file may be there and only its row lost: nothing is deleted on the word of a journal that forgot.
            try await audit(head, branch)
            orphans = try await journal.orphans()
        }
        guard !orphans.isEmpty else {
            hasAdopted = false
            return
        }
        let reasons = try await branch.reasonsToKeep(orphans, at: head, journal: journal)
        let judged = orphans.map { (key: $0.key, reason: reasons[$0.key]) }
        for orphan in judged {
            logger.warning(
                "a job without a file",
                metadata: ["job": "\(orphan.key)", "held": "\(orphan.reason ?? "no, it is deleted")"]
            )
        }
        try await journal.judge(judged, at: head.description, now: Date())
        hasAdopted = false
    }
}

extension JobsBranch {
    /// Why orphans are not deleted, for those that aren't.
    func reasonsToKeep(_ orphans: [Orphan], at head: ObjectID, journal: Journal) async throws -> [JobKey: String] {
        let running = Dictionary(grouping: orphans.filter { !$0.isAtRest }, by: \.key.cluster)
        guard !running.isEmpty else { return [:] }
        let isApproved = try await repository.commit(head).approvesPruning
        let isEmptied = try await !repository.hasEntries(at: head, under: "clusters")
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

    /// Whether the commit that a run was started from leads to the newest one; otherwise the branch was rewritten since.
    private func isInHistory(_ commit: String, of head: ObjectID) async throws -> Bool {
        guard let commit = ObjectID(commit) else { return true }
        return try await isForward(from: commit, to: head)
    }
}
