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
        /// What the user has to know of how it was compared, each a line for standard error: `note: …` or `warning: …`.
        let notes: [String]
        /// Of the jobs that differ, those that run now, and since when (RFC 3339); nil where no service was asked.
        var running: [JobKey: String]?
    }

    /// Why there is nothing to compare: a sentence that says what to fetch.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    func result() async throws -> Result {
        var notes: [String] = []
        let head = try await commit(head, flag: "--head", &notes)
        let target = try await baseCommit(&notes)
        let bases = try await mergeBases(target, head, &notes)
        let base = bases.first ?? target
        let changes = try await repository.mergeChanges(bases: bases, into: target, of: head, under: "clusters")
        let reading = try await TreeReading(repository, from: base, to: head, changes)
        return Result(base: base, head: head, plan: try reading.plan(), issues: reading.issues, notes: notes)
    }

    private func baseCommit(_ notes: inout [String]) async throws -> ObjectID {
        if let base {
            return try await commit(base, flag: "--base", &notes)
        }
        if let upstream = try? await repository.upstream() {
            return upstream
        }
        // A checkout of a build system often has the remote's branches alone.
        guard try await repository.firstCommit(of: ["refs/heads/main"]) == nil,
            let remote = try await repository.firstCommit(of: ["refs/remotes/origin/main"])
        else { return try await commit("main", flag: "--base", &notes) }
        return remote
    }

    private func commit(_ text: String, flag: String, _ notes: inout [String]) async throws -> ObjectID {
        guard let revision = try await repository.revision(text) else {
            throw Missing(
                description:
                    "\(flag) \(text) is no commit of this clone; fetch it (git fetch origin \(text)), or name another"
            )
        }
        notes += revision.ambiguity.map { ["warning: \(flag): \($0)"] } ?? []
        return revision.commit
    }

    /// The commits that the branch to merge began at. Where history does not reach so far, the two trees are compared as they are.
    private func mergeBases(
        _ base: ObjectID,
        _ head: ObjectID,
        _ notes: inout [String]
    ) async throws -> [ObjectID] {
        do throws(GitError) {
            let bases = try await repository.mergeBases(base, head)
            guard bases.isEmpty else { return bases }
            notes.append("note: the two commits have no commit in common: their trees are compared as they are")
            return [base]
        } catch {
            guard case .historyIncomplete = error else { throw error }
            let advice = "fetch more history (git fetch --unshallow) to leave out what the base has got since"
            notes.append("note: this clone is shallow: the two trees are compared as they are; \(advice)")
            return [base]
        }
    }
}
