import Git
import JobTree
import Jobs
import Journal

/// Decides whether a push approves deletes: an approval counts once, for the push that brings it.
struct PruneApproval {
    let repository: Repository
    let journal: Journal

    /// Whether a new commit of a push has the trailer that approves.
    ///
    /// Where the branch was rewritten, or nothing was in force before, only the newest commit may: the others may be as old as one likes.
    ///
    /// - Parameters:
    ///   - commits: those that reached the branch.
    ///   - head: the newest.
    ///   - old: the commit that was in force; nil for none.
    ///   - isForward: whether the newest commit has it among its ancestors.
    func isGiven(by commits: [Commit], at head: ObjectID, since old: ObjectID?, isForward: Bool) async throws -> Bool {
        let mayApprove = old != nil && isForward ? commits : commits.filter { $0.id == head }
        for commit in mayApprove where commit.approvesPruning {
            if try await isNew(commit.id, since: old) { return true }
        }
        return false
    }

    /// Whether a commit was never in force, nor a part of what was.
    private func isNew(_ commit: ObjectID, since old: ObjectID?) async throws -> Bool {
        if let report = try await journal.reader.commit(commit.description), !report.isRefusal { return false }
        guard let old else { return true }
        do throws(GitError) {
            return try await !repository.isAncestor(commit, of: old)
        } catch {
            // The old commit may be gone, or cut off by a shallow clone's boundary.
            return true
        }
    }
}
