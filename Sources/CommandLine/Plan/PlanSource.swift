import Git
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
    /// The clusters that changed files may name.
    let clusters: KnownClusters

    /// The result of `plan`.
    struct Result: Sendable {
        let base: ObjectID
        /// The commit to merge. Nil: the work tree.
        let head: ObjectID?
        let plan: TreePlan
        /// The issues of the files that differ.
        let fileIssues: [Issue]
        /// The jobs whose code differs and whose files do not.
        let keptCode: [KeptCode]
        /// The jobs that depend on jobs that run again.
        let dependents: [Dependent]
        /// Remarks on the comparison, each a line for standard error: `note: …` or `warning: …`.
        let notes: [String]
        /// Why there is nothing to compare; nil if the head has commits that the base does not have.
        let emptyReason: String?
        /// What a service knows about the jobs. Nil: none was asked.
        var service: ServiceJobs?

        /// All issues, also those of jobs that keep their code or depend on others, sorted by path and position.
        var issues: [Issue] {
            let kept = keptCode.filter { service?.states[$0.key]?.takesNewCode != true }.map { code in
                code.issue(commit: service?.states[code.key]?.runCommit ?? code.commit)
            }
            let stale = dependents.filter { service?.states[$0.key]?.waits != true }.map(\.issue)
            return (fileIssues + kept + stale).sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
        }

        /// The resources of the jobs that run in a partition; nil if no service was asked.
        func running(in resources: TreePlan.Resources) -> ResourceSum? {
            service?.running[PartitionKey(cluster: resources.cluster, partition: resources.partition)]
        }

        /// The name of the head in the output: a commit id or `worktree`.
        var headName: String { head.map(\.description) ?? "worktree" }
    }

    func readResult() async throws -> Result {
        switch head {
        case .revision(let revision):
            var notes: [String] = []
            let head = try await commit(revision, flag: "--head", &notes)
            return try await readResult(head, shown: head, named: revision, in: repository, notes)
        case .workTree(let snapshot, let commit):
            return try await readResult(commit, shown: nil, named: "the work tree", in: snapshot, [])
        }
    }

    private func readResult(
        _ head: ObjectID,
        shown: ObjectID?,
        named name: String,
        in objects: Repository,
        _ known: [String]
    ) async throws -> Result {
        var notes = known
        let target = try await baseCommit(&notes)
        let bases = try await mergeBases(target, head, in: objects, &notes)
        let base = bases.first ?? target
        let changes = try await objects.mergeChanges(bases: bases, into: target, of: head, under: JobPath.root)
        let reading = try await TreeReading(objects, from: base, to: head, changes)
        let kept = await Self.addCommits(to: reading.keptCode, at: base, in: objects)
        let plan = try reading.plan()
        return Result(
            base: base,
            head: shown,
            plan: plan,
            fileIssues: reading.issues + (try await reading.clusterIssues(clusters)),
            keptCode: kept,
            dependents: reading.dependents(of: plan),
            notes: notes,
            emptyReason: base == head ? await emptyReason(name, isBase: target == head) : nil
        )
    }

    /// Explains why a head that has no commits of its own changes nothing.
    private func emptyReason(_ head: String, isBase: Bool) async -> String {
        let upstream = await repository.upstreamName()
        let name = base ?? upstream ?? "main"
        let relation = isBase ? "is \(name)" : "has no commits that \(name) does not have"
        let advice = head == "HEAD" ? "; plan --worktree shows uncommitted changes" : ""
        return "\(head) \(relation): nothing to compare\(advice)"
    }

    /// Adds the commits of the code that jobs have. Without a service, this is assumed to be the commit that last changed the file.
    private static func addCommits(to kept: [KeptCode], at base: ObjectID, in objects: Repository) async -> [KeptCode] {
        guard !kept.isEmpty else { return [] }
        let history = try? await objects.attributions(of: kept.map(\.key.path), under: JobPath.root, at: base)
        return kept.enumerated().map { index, code in
            var code = code
            code.commit = (history?[index]?.changed?.commit ?? base).description
            return code
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
