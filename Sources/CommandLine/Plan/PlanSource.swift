import Git
import JobFile
import Jobs

/// Finds and reads the two commits that `plan` compares.
struct PlanSource: Sendable {
    /// The side to merge.
    enum Head: Sendable {
        /// A commit of the repository.
        case revision(String)
        /// The work tree as a commit in a temporary repository, which has all objects of the other one and no
        /// references.
        case workTree(Repository, ObjectID)
    }

    let repository: Repository
    /// The revision to merge into. Nil: the upstream branch, else `main`.
    let base: String?
    let head: Head

    /// The result of `plan`.
    struct Result: Sendable {
        let base: ObjectID
        /// The commit to merge. Nil: the work tree.
        let head: ObjectID?
        let plan: TreePlan
        /// The issues of the files that differ, sorted by path and position.
        let issues: [Issue]
        /// Remarks on the comparison, each a line for standard error: `note: …` or `warning: …`.
        let notes: [String]
        /// The start times (RFC 3339) of the jobs that differ and run now. Nil: no service was asked.
        var running: [JobKey: String]?

        /// The name of the head in the output: a commit id or `worktree`.
        var headName: String { head.map(\.description) ?? "worktree" }
    }

    func readResult() async throws -> Result {
        switch head {
        case .revision(let revision):
            var notes: [String] = []
            let head = try await commit(revision, flag: "--head", &notes)
            return try await readResult(head, shown: head, in: repository, notes)
        case .workTree(let snapshot, let commit):
            return try await readResult(commit, shown: nil, in: snapshot, [])
        }
    }

    private func readResult(
        _ head: ObjectID,
        shown: ObjectID?,
        in objects: Repository,
        _ known: [String]
    ) async throws -> Result {
        var notes = known
        let target = try await baseCommit(&notes)
        let bases = try await mergeBases(target, head, in: objects, &notes)
        let base = bases.first ?? target
        let changes = try await objects.mergeChanges(bases: bases, into: target, of: head, under: JobPath.root)
        let reading = try await TreeReading(objects, from: base, to: head, changes)
        let kept = await Self.issues(of: reading.keptCode, at: base, in: objects)
        let issues = (reading.issues + kept).sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
        return Result(base: base, head: shown, plan: try reading.plan(), issues: issues, notes: notes)
    }

    /// The issues of jobs whose code changes without their files. Without a service, this assumes that a job has the
    /// code of the commit that last changed its file.
    private static func issues(of kept: [KeptCode], at base: ObjectID, in objects: Repository) async -> [Issue] {
        guard !kept.isEmpty else { return [] }
        let history = try? await objects.attributions(of: kept.map(\.key.path), under: JobPath.root, at: base)
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
        // The checkout of a build system often has only the remote's branches.
        guard try await repository.firstCommit(of: ["refs/heads/main"]) == nil,
            let remote = try await repository.firstCommit(of: ["refs/remotes/origin/main"])
        else { return try await commit("main", flag: "--base", &notes) }
        return remote
    }

    private func commit(_ text: String, flag: String, _ notes: inout [String]) async throws -> ObjectID {
        guard let revision = try await repository.revision(text) else {
            throw await CommandError.missingRevision(text, of: flag, in: repository)
        }
        notes += revision.ambiguity.map { ["warning: \(flag): \($0)"] } ?? []
        return revision.commit
    }

    /// Finds the commits where the branch to merge began. If the history is incomplete, this is the base itself.
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

/// A job whose code a push changes without changing its file. A started run keeps its old code.
struct KeptCode: Sendable {
    let key: JobKey
    /// The name of the changed folder in messages.
    let folder: String
    /// The value of `rerun` that starts a run with the new code.
    let rerun: Int
    /// The position in the job file that names the folder.
    let place: JobFile.Place?

    /// The message to the user.
    ///
    /// - Parameter commit: the id of the commit whose code the job has, or its beginning.
    func sentence(commit: String?) -> String {
        let code = commit.map { "the code of \($0.prefix(7))" } ?? "the code that it has"
        return "\(folder) changed; \(key.id) keeps \(code); set \"rerun\": \(rerun) to run it again"
    }

    /// The message as an issue at its position in the job file.
    func issue(commit: String?) -> Issue {
        Issue(
            path: key.path,
            line: place?.line ?? 1,
            column: place?.column ?? 1,
            pointer: place?.pointer ?? "",
            severity: .warning,
            message: sentence(commit: commit)
        )
    }
}
