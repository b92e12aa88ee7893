import Git
import Jobs

/// Reads the two commits that `plan` compares.
struct PlanSource: Sendable {
    let repository: Repository
    /// Nil for the default: the upstream branch, else `main`.
    let base: String?
    let head: String

    /// What `plan` has to show.
    struct Result: Sendable {
        let base: ObjectID
        let head: ObjectID
        let plan: TreePlan
        /// Of the files that differ, sorted by path and place.
        let issues: [Issue]
        /// What the user has to know of how it was compared; nil where nothing.
        let note: String?
        /// Of the jobs that differ, those that run now, and since when (RFC 3339); nil where no service was asked.
        var running: [JobKey: String]?
    }

    /// Why there is nothing to compare: a sentence that says what to fetch.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    func result() async throws -> Result {
        let head = try await commit(head, flag: "--head")
        let target = try await baseCommit()
        let (base, note) = try await mergeBase(target, head)
        let reading = try await TreeReading(repository, from: base, to: head)
        return Result(base: base, head: head, plan: try reading.plan(), issues: reading.issues, note: note)
    }

    private func baseCommit() async throws -> ObjectID {
        if let base {
            return try await commit(base, flag: "--base")
        }
        if let upstream = try? await repository.resolve("@{upstream}") {
            return upstream
        }
        // A checkout of a build system often has the remote's branches alone.
        if try await repository.resolve("main") == nil, let remote = try await repository.resolve("origin/main") {
            return remote
        }
        return try await commit("main", flag: "--base")
    }

    private func commit(_ revision: String, flag: String) async throws -> ObjectID {
        guard let commit = try await repository.resolve(revision) else {
            throw Missing(
                description:
                    "\(flag) \(revision) is no commit of this clone; fetch it (git fetch origin \(revision)), or name another"
            )
        }
        return commit
    }

    /// The commit that the branch to merge began at. Where history does not reach so far, the two trees are compared as they are.
    private func mergeBase(_ base: ObjectID, _ head: ObjectID) async throws -> (ObjectID, note: String?) {
        do throws(GitError) {
            if let common = try await repository.mergeBase(base, head) {
                return (common, nil)
            }
            return (base, "the two commits have no commit in common: their trees are compared as they are")
        } catch {
            guard case .historyIncomplete = error else { throw error }
            let advice = "fetch more history (git fetch --unshallow) to leave out what the base has got since"
            return (base, "this clone is shallow: the two trees are compared as they are; \(advice)")
        }
    }
}
