import Git
import JobFile
import JobTree
import Jobs

/// The jobs of two trees that a plan needs.
struct TreeReading: Sendable {
    /// The jobs of one tree.
    private struct Side: Sendable {
        var jobs: [JobKey: DesiredJob] = [:]
        var dependencies: [JobKey: [Dependency]] = [:]

        mutating func addJob(_ key: JobKey, _ reading: JobReading) {
            jobs[key] = reading.job.map(DesiredJob.valid) ?? .invalid
            if !reading.dependencies.isEmpty {
                dependencies[key] = reading.dependencies
            }
        }

        /// Marks the jobs with faults in their dependencies as invalid.
        mutating func checkDependencies() -> [JobKey: [Issue]] {
            let faults = DependencyCheck.faults(in: dependencies) { jobs[$0] != nil }
            for key in faults.keys {
                jobs[key] = .invalid
            }
            return faults
        }
    }

    private let repository: Repository
    private let base: ObjectID?
    private let head: ObjectID
    private var old = Side()
    private var new = Side()
    /// The changed job files of the newer tree.
    private var files: [(entry: TreeEntry, key: JobKey, code: JobCode?)] = []
    private(set) var changed: Set<JobKey> = []
    private(set) var issues: [Issue] = []
    /// The jobs whose code differs and whose file does not, sorted by key.
    private(set) var keptCode: [KeptCode] = []

    /// Reads the differences between two commits and the other jobs that the plan depends on.
    ///
    /// - Parameters:
    ///   - repository: the repository with both commits.
    ///   - base: the older commit. Nil: the branch was empty.
    ///   - head: the newer commit.
    ///   - known: the changes, if they are not those between the two commits.
    init(
        _ repository: Repository,
        from base: ObjectID?,
        to head: ObjectID,
        _ known: [Change]? = nil
    ) async throws {
        self.repository = repository
        self.base = base
        self.head = head
        let changes: [Change]
        if let known {
            changes = known
        } else {
            changes = try await repository.changes(from: base, to: head, under: JobPath.root)
        }
        let before = try await repository.jobReadings(changes.compactMap { Self.jobFile($0.path, $0.old) })
        let after = try await repository.jobReadings(changes.compactMap { Self.jobFile($0.path, $0.new) })
        var (olds, news) = (before.makeIterator(), after.makeIterator())
        for change in changes {
            addChange(change, { olds.next() }, { news.next() })
        }
        keepHiddenJobs(in: changes)
        try await checkCode()
        try await addUnchangedJobs()
        _ = old.checkDependencies()
        let faults = new.checkDependencies()
        changed.formUnion(new.jobs.keys.filter { new.jobs[$0] != old.jobs[$0] })
        issues += changed.flatMap { faults[$0] ?? [] }
        try await applyPruneGuard()
        issues.sort { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
    }

    /// Plans the actions that the newer tree needs.
    func plan() throws -> TreePlan {
        try TreePlan(from: old.jobs, to: new.jobs, changed: changed)
    }

    /// Finds the jobs that depend on jobs that a plan runs again, and that it leaves as they are. Sorted by key.
    func dependents(of plan: TreePlan) -> [Dependent] {
        let again = Set(plan.actions.filter { PlanEffect($0) == .restart }.map(\.key))
        guard !again.isEmpty else { return [] }
        let started = Set(plan.actions.filter { $0.kind.startsRun || $0.before == nil }.map(\.key))
        return new.dependencies.keys.sorted().flatMap { key -> [Dependent] in
            guard !started.contains(key), case .valid(let job)? = new.jobs[key], !job.effectiveRunPolicy.isSuspended
            else { return [] }
            return new.dependencies[key, default: []].filter { again.contains(key.sibling($0.id)) }.map { dependency in
                Dependent(
                    key: key,
                    dependency: key.sibling(dependency.id),
                    rerun: job.effectiveRerun + 1,
                    place: dependency
                )
            }
        }
    }

    /// Finds changed job files of clusters that are likely a typing error, and keys that their cluster does nothing with.
    func clusterIssues(_ known: KnownClusters) async throws -> [Issue] {
        guard !files.isEmpty else { return [] }
        let clusters = known.counting(try await repository.tree(at: head, under: JobPath.root).map(\.path))
        var issues: [Issue] = []
        for (entry, key, _) in files {
            let job: Job? = if case .valid(let job)? = new.jobs[key] { job } else { nil }
            guard !clusters.issues(of: key, job, in: []).isEmpty else { continue }
            issues += clusters.issues(of: key, job, in: try await bytes(of: entry))
        }
        return issues
    }

    private static func jobFile(_ path: String, _ entry: TreeEntry?) -> (entry: TreeEntry, key: JobKey)? {
        guard let entry, case .job(let key) = JobPath(path), entry.kind != .folder else { return nil }
        return (entry, key)
    }

    /// Adds both sides of a file that differs.
    ///
    /// - Parameters:
    ///   - change: the file.
    ///   - nextOld: returns the next reading of an old side. Called only for job files with an old side.
    ///   - nextNew: the same for the new sides.
    private mutating func addChange(_ change: Change, _ nextOld: () -> JobReading?, _ nextNew: () -> JobReading?) {
        guard change.old?.kind != .folder, change.new?.kind != .folder else {
            if change.new?.kind == .folder {
                issues.append(.tooDeep(change.path))
            }
            return
        }
        switch JobPath(change.path) {
        case .ignored: return
        case .stray(let fault):
            if change.new != nil {
                issues.append(Issue(path: change.path, severity: .error, message: fault))
            }
        case .lookalike(let advice):
            if change.new != nil {
                issues.append(Issue(path: change.path, severity: .warning, message: advice))
            }
        case .job(let key):
            if change.old != nil, let reading = nextOld() {
                old.addJob(key, reading)
            }
            guard let entry = change.new, let reading = nextNew() else {
                changed.insert(key)
                return
            }
            issues += reading.issues
            // A new link or submodule never becomes a job.
            guard entry.kind.isRegular || change.old != nil else { return }
            new.addJob(key, reading)
            changed.insert(key)
            files.append((entry, key, reading.code))
        }
    }

    /// Keeps the jobs below a folder that became something else, because their files are hidden and not deleted.
    private mutating func keepHiddenJobs(in changes: [Change]) {
        let hiding = HidingEntries(changes.compactMap(\.new))
        var faults = Set(hiding.faults)
        for key in changed where new.jobs[key] == nil {
            guard let fault = hiding.fault(above: key.path) else { continue }
            faults.insert(fault)
            new.jobs[key] = .kept
            issues.append(Issue(path: key.path, severity: .warning, message: fault.reasonToKeep))
        }
        issues += faults.map(\.issue)
    }

    /// Adds the unchanged jobs of every partition with a change.
    private mutating func addUnchangedJobs() async throws {
        for folder in Set(changed.map { "\(JobPath.root)/\($0.cluster)/partitions/\($0.partition)" }).sorted() {
            let others = try await repository.tree(at: head, under: folder).compactMap { Self.jobFile($0.path, $0) }
                .filter { !changed.contains($0.key) && $0.entry.kind.isRegular }
            for (file, reading) in zip(others, try await repository.jobReadings(others)) {
                old.addJob(file.key, reading)
                new.addJob(file.key, reading)
            }
        }
    }

    /// Keeps the jobs whose deletion the service holds with its default prune guard.
    private mutating func applyPruneGuard() async throws {
        let deleted = Dictionary(grouping: changed.filter { new.jobs[$0] == nil }, by: \.cluster)
        guard let base, !deleted.isEmpty else { return }
        let isForward = (try? await repository.isAncestor(base, of: head)) ?? true
        let range = PruneGuard.Range(
            isForward: isForward,
            isEmptied: try await repository.tree(at: head, under: JobPath.root).isEmpty,
            isApproved: await isApproved(isForward)
        )
        for (cluster, keys) in deleted {
            let files = try await repository.tree(at: base, under: "\(JobPath.root)/\(cluster)")
            let total = files.count { if case .job = JobPath($0.path) { true } else { false } }
            guard let reason = PruneGuard().reason(deleting: keys.count, of: total, in: cluster, range) else {
                continue
            }
            for key in keys {
                new.jobs[key] = .kept
                issues.append(Issue(path: key.path, severity: .warning, message: reason))
            }
        }
    }

    /// Whether a commit approves the deletes. After a rewrite of the branch only the newest commit may.
    private func isApproved(_ isForward: Bool) async -> Bool {
        // If the clone is shallow and the history ends too early, nothing counts as approved.
        let commits = (try? await repository.commits(upTo: head, since: base, limit: 10_000)) ?? []
        return commits.contains { $0.approvesPruning && (isForward || $0.id == head) }
    }
}

// MARK: - Code

extension TreeReading {
    /// Checks the code of the jobs whose file or code differs.
    private mutating func checkCode() async throws {
        var check = try await CodeCheck(repository, at: head)
        for (entry, key, code) in files {
            guard let code else { continue }
            let found = try await check.findings(of: code)
            guard !found.isEmpty else { continue }
            issues += try await issues(found, entry)
            if found.contains(where: { $0.severity == .error }) {
                new.jobs[key] = .invalid
            }
        }
        guard let base else { return }
        var before = try await CodeCheck(repository, at: base)
        guard try await check.content(of: "") != before.content(of: "") else { return }
        var differs: [String: Bool] = [:]
        let others = try await repository.tree(at: head, under: JobPath.root).compactMap {
            Self.jobFile($0.path, $0)
        }
        .filter { !changed.contains($0.key) && $0.entry.kind.isRegular }
        for (file, reading) in zip(others, try await repository.jobReadings(others)) {
            guard let code = reading.code, let job = reading.job else { continue }
            if differs[code.folder] == nil {
                differs[code.folder] = try await check.content(of: code.folder) != before.content(of: code.folder)
            }
            guard differs[code.folder] == true else { continue }
            let faults = try await check.faults(of: code).filter { $0.severity == .error }
            if faults.isEmpty, !job.effectiveRunPolicy.isSuspended {
                keptCode.append(try await makeKeptCode(job, code, file))
            }
            issues += faults.isEmpty ? [] : try await issues(faults, file.entry)
        }
        keptCode.sort { $0.key < $1.key }
    }

    private func makeKeptCode(_ job: Job, _ code: JobCode, _ file: (entry: TreeEntry, key: JobKey)) async throws
        -> KeptCode
    {
        KeptCode(
            key: file.key,
            folder: code.folderName,
            rerun: job.effectiveRerun + 1,
            place: JobFile.place(of: "workdir", in: try await bytes(of: file.entry))
        )
    }

    private func issues(_ findings: [CodeCheck.Finding], _ entry: TreeEntry) async throws -> [Issue] {
        let bytes = try await bytes(of: entry)
        return findings.map { $0.issue(path: entry.path, in: bytes) }
    }

    private func bytes(of entry: TreeEntry) async throws -> [UInt8] {
        guard case .bytes(let bytes) = try await repository.content(of: entry, limit: JobFile.largest) else {
            return []
        }
        return bytes
    }
}
