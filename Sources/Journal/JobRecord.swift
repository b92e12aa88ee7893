import GRDB
public import Jobs

/// One job as the journal has it: what its file says, what is in force, and what became of it.
public struct JobRecord: Sendable {
    /// What names it.
    public let key: JobKey
    /// The file's object id at the newest commit that was taken in; nil where the file is gone.
    public let blob: String?
    /// What that file says; nil where it is gone or can't be used, also for what it depends on.
    public let desired: Job?
    /// The ids of the jobs of its partition that have to have succeeded before it starts.
    public let dependencies: [String]
    /// Why the job is not deleted though its file is gone; nil for others.
    public let kept: String?
    /// What is wrong with the file, and what kept its newest change from being carried out.
    public let issues: [Issue]
    /// The commit whose change has not been carried out yet; nil where there is none.
    public let dirty: String?
    /// The definition in force; nil where nothing was carried out yet.
    public let applied: Job?
    /// What it is called: what the newest usable file says, else its id.
    public let name: String
    /// The newest run's number; 0 where there was none.
    public let run: Int
    /// The commit whose tree that run uses: the branch tip when it first started; nil where it never did.
    public let runCommit: String?
    /// What is known of its newest run.
    public let status: RunStatus
    /// What the history of its file says.
    public let attribution: Attribution
    /// About how many bytes it takes, definitions and issues together.
    public let storedSize: Int

    /// What the newest commit wants of this job.
    public var desiredJob: DesiredJob {
        guard blob != nil else { return kept == nil ? .absent : .kept }
        return desired.map(DesiredJob.valid) ?? .invalid
    }

    /// What was carried out.
    public var appliedJob: AppliedJob? {
        applied.map { job in
            let isAtRest = status.phase == .suspended || status.phase == .deleting
            return AppliedJob(job: job, run: run, isStopped: isAtRest && !job.effectiveRunPolicy.isSuspended)
        }
    }

    /// The definition to show: the one in force, else the one that waits to be.
    public var shown: Job? { applied ?? desired }

    /// `held` for a file that was never usable, whatever else is known.
    public var phase: Phase { shown == nil ? .held : status.phase }
}

extension JobRecord {
    static let columns = """
        cluster, partition, id, blob, desired, issues, unmet, kept, fault, dirty, applied, name, run, runCommit, status,
        (SELECT text FROM definition WHERE hash = job.desired) AS desiredText,
        (SELECT text FROM definition WHERE hash = job.applied) AS appliedText, uid, created, updated, "commit"
        """

    init(row: Row) throws {
        let key = try row.key()
        self.key = key
        blob = try row.value("blob")
        let (desiredText, appliedText): (String?, String?) = (
            try row.value("desiredText"), try row.value("appliedText")
        )
        desired = try Self.definition(try row.value("desired"), desiredText, key)
        dependencies = desired?.dependsOn ?? []
        let (unmet, kept, fault): (String?, String?, String?) =
            (try row.value("unmet"), try row.value("kept"), try row.value("fault"))
        self.kept = kept
        let found: [Issue] = try StoredValue.read([Issue].self, from: try row.value("issues"))
        let across: [Issue] = try unmet.map { try StoredValue.read([Issue].self, from: $0) } ?? []
        issues =
            (across.isEmpty ? found : (found + across).sorted { ($0.line, $0.column) < ($1.line, $1.column) })
            + (kept.map { [Issue(path: key.path, severity: .warning, message: $0)] } ?? [])
            + (fault.map { [Issue(path: key.path, severity: .error, message: $0)] } ?? [])
        dirty = try row.commit("dirty")
        let (desiredHash, appliedHash): (String?, String?) = (try row.value("desired"), try row.value("applied"))
        applied = appliedHash == desiredHash ? desired : try Self.definition(appliedHash, appliedText, key)
        name = try row.value("name")
        run = try row.runNumber()
        runCommit = try row.value("runCommit")
        let (status, issuesText): (String, String) = (try row.value("status"), try row.value("issues"))
        storedSize = [desiredText, appliedText, status, issuesText].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        self.status = status == "{}" ? RunStatus() : try StoredValue.read(RunStatus.self, from: status)
        attribution = Attribution(
            uid: try row.value("uid"),
            created: try row.time("created"),
            updated: try row.time("updated"),
            commit: try row.value("commit")
        )
    }

    private static func definition(_ hash: String?, _ text: String?, _ key: JobKey) throws -> Job? {
        guard hash != nil else { return nil }
        guard let text else { throw StoredValueFault("the stored definition of \(key) is not there") }
        return try StoredJob.read(text, key)
    }
}
