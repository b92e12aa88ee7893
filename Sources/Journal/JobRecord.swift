public import Foundation
import GRDB
public import Jobs

/// One job as the journal has it: its file, the definition in force, and the status of its run.
public struct JobRecord: Sendable {
    /// The job.
    public let key: JobKey
    /// The file's object id at the newest recorded commit; nil if the file is gone.
    public let blob: String?
    /// The definition in the file; nil if the file is gone or unusable, also because of its dependencies.
    public let desired: Job?
    /// The ids of the jobs of its partition that must succeed before it starts.
    public let dependencies: [String]
    /// Why the job is not deleted although its file is gone; nil for other jobs.
    public let kept: String?
    /// The issues of the file, and why its newest change is not carried out.
    public let issues: [Issue]
    /// The commit whose change has not been carried out yet; nil for none.
    public let dirty: String?
    /// The definition in force; nil if nothing was carried out yet.
    public let applied: Job?
    /// The display name in the newest usable file, else the id.
    public let name: String
    /// The newest run's number; 0 for none.
    public let run: Int
    /// The commit whose tree that run uses: the branch tip when it first started; nil if it never did.
    public let runCommit: String?
    /// The mail address of the author of that commit; nil if the commit is unknown.
    public let runAuthor: String?
    /// When the first replica of that run started, over all its parts; nil if none has.
    public let startTime: Date?
    /// How long that run has run; nil if no replica has started.
    public let active: ActiveTime?
    /// The status of the newest run.
    public let status: RunStatus
    /// Who added and last changed the file.
    public let attribution: Attribution
    /// About how many bytes the record has, with definitions and issues.
    public let storedSize: Int

    /// The desired state of the job, for the plan.
    public var desiredJob: DesiredJob {
        guard blob != nil else { return kept == nil ? .absent : .kept }
        return desired.map(DesiredJob.valid) ?? .invalid
    }

    /// The applied state of the job, for the plan.
    public var appliedJob: AppliedJob? {
        applied.map { job in
            let isAtRest = status.phase == .suspended || status.phase == .deleting || status.isRefused
            return AppliedJob(job: job, run: run, isStopped: isAtRest && !job.effectiveRunPolicy.isSuspended)
        }
    }

    /// The definition to show: the one in force, else the desired one.
    public var shown: Job? { applied ?? desired }

    /// The phase to show: `held` for a file that was never usable.
    public var phase: Phase { shown == nil ? .held : status.phase }
}

extension JobRecord {
    static let columns = """
        cluster, partition, id, blob, desired, issues, unmet, kept, fault, dirty, applied, name, run, runCommit, status,
        (SELECT text FROM definition WHERE hash = job.desired) AS desiredText,
        (SELECT text FROM definition WHERE hash = job.applied) AS appliedText, uid, created, updated, "commit", author,
        (SELECT author FROM "commit" WHERE sha = job.runCommit) AS runAuthor,
        \(ofRun("started")), \(ofRun("activeSeconds")), \(ofRun("activeSince"))
        """

    /// Selects a column of the newest run.
    private static func ofRun(_ column: String) -> String {
        """
        (SELECT \(column) FROM run WHERE run.cluster = job.cluster AND run.partition = job.partition AND run.id = job.id
            AND number = job.run AND job.applied IS NOT NULL) AS \(column)
        """
    }

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
        self.status = try Journal.runStatus(status)
        runAuthor = try row.value("runAuthor")
        startTime = [try row.time("started"), self.status.startTime].compactMap(\.self).min()
        active = try row.activeTime()
        attribution = Attribution(
            uid: try row.value("uid"),
            created: try row.time("created"),
            updated: try row.time("updated"),
            commit: try row.value("commit"),
            author: try row.value("author")
        )
    }

    private static func definition(_ hash: String?, _ text: String?, _ key: JobKey) throws -> Job? {
        guard hash != nil else { return nil }
        guard let text else { throw StoredValueFault("the stored definition of \(key) is not there") }
        return try StoredJob.read(text, key)
    }
}
