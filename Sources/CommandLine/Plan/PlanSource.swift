import Git
import Jobs

/// Reads the two commits that `plan` compares.
struct PlanSource: Sendable {
    /// What to merge.
    enum Head: Sendable {
        /// A commit of the repository.
        case revision(String)
        /// The work tree, as a commit of a repository that has all objects of the other, but no references.
        case workTree(Repository, ObjectID)
    }

    let repository: Repository
    /// Nil for the default: the upstream branch, else `main`.
    let base: String?
    let head: Head

    /// What `plan` has to show.
    struct Result: Sendable {
        let base: ObjectID
        /// Nil for the work tree.
        let head: ObjectID?
        let plan: TreePlan
        /// Of the files that differ, sorted by path and place.
        let issues: [Issue]
        /// What the user has to know of how it was compared, each a line for standard error: `note: …` or `warning: …`.
        let notes: [String]
        /// Of the jobs that differ, those that run now, and since when (RFC 3339); nil where no service was asked.
        var running: [JobKey: String]?

        /// The head as it is shown: a commit's id, or `worktree`.
        var headName: String { head.map(\.description) ?? "worktree" }
    }

    func result() async throws -> Result {
        switch head {
        case .revision(let revision):
            var notes: [String] = []
            let head = try await commit(revision, flag: "--head", &notes)
            return try await result(head, shown: head, in: repository, notes)
        case .workTree(let snapshot, let commit):
            return try await result(commit, shown: nil, in: snapshot, [])
        }
    }

    private func result(
        _ head: ObjectID,
        shown: ObjectID?,
        in objects: Repository,
        _ known: [String]
    ) async throws -> Result {
        var notes = known
        let target = try await baseCommit(&notes)
        let bases = try await mergeBases(target, head, in: objects, &notes)
        let base = bases.first ?? target
        let changes = try await objects.mergeChanges(bases: bases, into: target, of: head, under: "clusters")
        let reading = try await TreeReading(objects, from: base, to: head, changes)
        let kept = await Self.issues(of: reading.keptCode, at: base, in: objects)
        let issues = (reading.issues + kept).sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
        return Result(base: base, head: shown, plan: try reading.plan(), issues: issues, notes: notes)
    }

    /// What to say of code that changes alone. Without a service, the code that a job has is taken for that of the commit that last changed
    /// its file.
    private static func issues(of kept: [KeptCode], at base: ObjectID, in objects: Repository) async -> [Issue] {
        guard !kept.isEmpty else { return [] }
        let history = try? await objects.attributions(of: kept.map(\.key.path), under: "clusters", at: base)
        return kept.enumerated().map { index, code in
            code.issue(commit: (history?[index]?.changed?.commit ?? base).description)
        }
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
            throw await MissingRevision(text, of: flag, in: repository)
        }
        notes += revision.ambiguity.map { ["warning: \(flag): \($0)"] } ?? []
        return revision.commit
    }

    /// The commits that the branch to merge began at. Where history does not reach so far, the two trees are compared as they are.
    private func mergeBases(
        _ base: ObjectID,
        _ head: ObjectID,
        in objects: Repository,
        _ notes: inout [String]
    ) async throws -> [ObjectID] {
        do throws(GitError) {
            let bases = try await objects.mergeBases(base, head)
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
