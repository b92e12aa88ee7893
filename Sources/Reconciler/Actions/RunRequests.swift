import Git
import JobTree
import Jobs
import Journal

/// Builds what a backend needs to start or update a run, the exported code included.
///
/// A run that has started keeps its commit and its code, also if the repository can't be read or has lost the commit.
struct RunRequests: Sendable {
    let journal: Journal
    let source: RepositorySource
    let code: CodeStore

    /// A request that starts a run, or starts it again.
    ///
    /// - Throws: ``BackendError`` or ``GitError`` if the code can't be had.
    func start(of id: RunID, _ record: JobRecord, on backend: any Backend) async throws -> RunRequest {
        let job = try definition(of: record)
        let known = try await knownRunCommit(of: id, record, backend)
        let runCommit = if let known { known } else { try await newRunCommit() }
        var folder: String?
        if known != nil {
            folder = await code.existingFolder(for: job, at: runCommit)
        }
        if folder == nil {
            folder = try await codeFolder(of: job, at: runCommit)
        }
        return RunRequest(
            id: id,
            job: job,
            commit: record.attribution.commit,
            runCommit: runCommit,
            codeFolder: folder,
            author: record.attribution.uid
        )
    }

    /// A request that updates what the backend records of a run: its commit and code stay.
    func update(of id: RunID, _ record: JobRecord) throws(BackendError) -> RunRequest {
        RunRequest(
            id: id,
            job: try definition(of: record),
            commit: record.attribution.commit,
            runCommit: record.runCommit,
            codeFolder: nil,
            author: record.attribution.uid
        )
    }

    private func definition(of record: JobRecord) throws(BackendError) -> Job {
        guard let job = record.desired else { throw .refused("the job file can't be used") }
        return job
    }

    /// The commit whose tree a run uses that has started before; nil for a new run.
    private func knownRunCommit(of id: RunID, _ record: JobRecord, _ backend: any Backend) async throws -> String? {
        if id.number == record.run, let known = record.runCommit { return known }
        // An earlier try may have started it before the service was killed.
        let known = try await backend.observe(id)?.runCommit
        return known?.isEmpty == false ? known : nil
    }

    /// The newest commit in the journal: a run that starts now uses its tree.
    private func newRunCommit() async throws -> String {
        guard let head = try await journal.head() else {
            throw BackendError.unavailable("its code can't be had: no commit has been read yet")
        }
        return head
    }

    private func codeFolder(of job: Job, at commit: String) async throws -> String? {
        guard job.usesRepositoryCode, !job.effectiveRunPolicy.isSuspended else { return nil }
        guard let repository = await source.repository else {
            throw BackendError.unavailable("its code can't be had while the repository can't be read")
        }
        guard let commit = ObjectID(commit) else {
            throw BackendError.unavailable("its code can't be had: \"\(commit)\" is not a commit id")
        }
        try await checkCode(of: job, at: commit, in: repository)
        return try await code.folder(for: job, at: commit, in: repository)
    }

    /// Checks the code again: the run may start from a newer commit than the one that its job was planned with.
    private func checkCode(of job: Job, at commit: ObjectID, in repository: Repository) async throws {
        guard let code = JobCode(job) else { return }
        var check = try await CodeCheck(repository, at: commit)
        guard let fault = try await check.faults(of: code).first(where: { $0.severity == .error }) else { return }
        throw BackendError.refused("\(fault.key): \(fault.message), at commit \(commit.description.prefix(12))")
    }
}
