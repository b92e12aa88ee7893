import Foundation
import Git
import JobTree
import Jobs
import Journal
import Logging

extension Reconciler {
    /// What is in force after an action that was done.
    struct Enforced: Sendable {
        var job: Job?
        /// The commit whose tree the run uses; nil leaves the one that is known.
        var runCommit: String?
        /// Nil leaves the status that is known.
        var status: RunStatus?
    }

    /// Carries out one action. Every call to a backend may be repeated, so it does not matter where an earlier try ended.
    func perform(_ assignment: Assignment) async -> (Outcome, Enforced) {
        let intent = assignment.intent
        let before = Enforced(job: assignment.record.applied)
        guard intent.kind != .hold else { return (.held, before) }
        guard let backend = clusters.backend(of: intent.key.cluster) else {
            return (.postponed(Self.notConfigured(intent.key.cluster)), before)
        }
        do {
            return (.done, try await perform(assignment, on: backend))
        } catch BackendError.unavailable(let reason) {
            let message = assignment.record.withoutSecrets(reason)
            return (.postponed(message), postponement(of: assignment, message))
        } catch let error as BackendError {
            let message = assignment.record.withoutSecrets(error.message)
            return (.failed(message), failure(of: assignment, message))
        } catch let error as GitError {
            return error.isPermanent
                ? (.failed("\(error)"), failure(of: assignment, "\(error)"))
                : (.postponed("\(error)"), postponement(of: assignment, "\(error)"))
        } catch {
            return (.postponed("\(error)"), postponement(of: assignment, "\(error)"))
        }
    }

    /// A job that never ran shows what it waits for.
    private func postponement(of assignment: Assignment, _ message: String) -> Enforced {
        guard assignment.record.applied == nil else { return Enforced(job: assignment.record.applied) }
        return Enforced(status: RunStatus(phase: .held, reason: Journal.postponedReason, message: message))
    }

    /// A job that never ran shows the failure as its own; one that runs goes on as it was.
    private func failure(of assignment: Assignment, _ message: String) -> Enforced {
        guard assignment.record.applied == nil else { return Enforced(job: assignment.record.applied) }
        return Enforced(status: RunStatus(phase: .failed, reason: "NotStarted", message: message))
    }

    private func perform(_ assignment: Assignment, on backend: any Backend) async throws -> Enforced {
        let record = assignment.record
        let intent = assignment.intent
        let current = RunID(key: intent.key, number: record.run)
        let new = RunID(key: intent.key, number: intent.run)
        switch intent.kind {
        case .hold:
            return Enforced(job: record.applied)
        case .update,
            .resume where record.status.phase.isFinal,
            .suspend where record.status.phase.isFinal:
            // A finished run has nothing to stop or start, also if the cluster has cleaned it up.
            try await backend.update(try updateRequest(current, record))
            return Enforced(job: record.desired)
        case .create, .resume:
            return try await start(new, record, on: backend)
        case .replace:
            // The code first: where it can't be had, the old run goes on.
            let request = try await request(new, record, backend)
            try await stopping(current, record.status, on: backend) { try await backend.stop(current) }
            return try await start(request, on: backend)
        case .suspend:
            try await stopping(current, record.status, on: backend) { try await backend.stop(current) }
            return Enforced(job: record.desired, status: suspended(record.status))
        case .delete:
            // What is over shows its end to the last, also where the delete is taken back half-way.
            if !record.status.phase.isFinal {
                try await journal.show(.deleting, of: intent.key)
            }
            try await stopping(current, record.status, on: backend) {
                try await backend.stop(current)
                try await backend.discard(current)
            }
            return Enforced()
        }
    }

    /// Stops a run. Where that takes longer than it should, other jobs get the slot, and the stop goes on: one whose replicas can't be
    /// ended may last for ever.
    private func stopping(
        _ run: RunID,
        _ status: RunStatus,
        on backend: any Backend,
        _ stop: () async throws -> Void
    ) async throws {
        let patience = backend.gracePeriod + settings.stopAllowance
        stopping.insert(run.key)
        let watch = Task {
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            await self.releaseSlot(of: run, status, after: patience)
        }
        defer {
            watch.cancel()
            stopping.remove(run.key)
            lingering.remove(run.key)
        }
        try await stop()
    }

    private func releaseSlot(of run: RunID, _ status: RunStatus, after patience: Duration) async {
        guard stopping.contains(run.key), lingering.insert(run.key).inserted else { return }
        logger.warning(
            "a run has not ended \(patience) after it was stopped; others go on meanwhile",
            metadata: ["run": "\(run)"]
        )
        wake()
        guard !status.phase.isFinal else { return }
        do {
            try await journal.show(.deleting, of: run.key)
        } catch {
            noteJournalFault(error)
        }
    }

    /// The backend may keep nothing of a run that it stopped, and then has nothing to say of it.
    private func suspended(_ status: RunStatus) -> RunStatus? {
        guard !status.phase.isFinal else { return nil }
        var status = status
        status.phase = .suspended
        status.reason = ""
        status.message = ""
        return status
    }

    private func start(_ id: RunID, _ record: JobRecord, on backend: any Backend) async throws -> Enforced {
        try await start(try await request(id, record, backend), on: backend)
    }

    private func start(_ request: RunRequest, on backend: any Backend) async throws -> Enforced {
        var status = RunStatus(pending: request.job)
        guard !request.job.effectiveRunPolicy.isSuspended else {
            status.phase = .suspended
            return Enforced(job: request.job, status: status)
        }
        try await backend.start(request)
        return Enforced(job: request.job, runCommit: request.runCommit, status: status)
    }

    private func request(_ id: RunID, _ record: JobRecord, _ backend: any Backend) async throws -> RunRequest {
        guard let job = record.desired else { throw BackendError.refused("the job file can't be used") }
        let known = try await knownRunCommit(of: id, record, backend)
        let runCommit = if let known { known } else { try await newRunCommit() }
        // A run that has started keeps its code, also where the repository can't be read or has lost the commit.
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

    /// A request that changes what the backend records of a run: its commit and code stay.
    private func updateRequest(_ id: RunID, _ record: JobRecord) throws(BackendError) -> RunRequest {
        guard let job = record.desired else { throw .refused("the job file can't be used") }
        return RunRequest(
            id: id,
            job: job,
            commit: record.attribution.commit,
            runCommit: record.runCommit,
            codeFolder: nil,
            author: record.attribution.uid
        )
    }

    /// The commit whose tree a run uses that has started before; nil for others.
    private func knownRunCommit(
        of id: RunID,
        _ record: JobRecord,
        _ backend: any Backend
    ) async throws -> String? {
        if id.number == record.run, let known = record.runCommit { return known }
        // An earlier try may have started it, before the service was killed.
        let known = try await backend.observe(id)?.runCommit
        return known?.isEmpty == false ? known : nil
    }

    /// The newest commit that was taken in: its tree is what a run uses that starts now.
    private func newRunCommit() async throws -> String {
        guard let head = try await journal.head() else {
            throw BackendError.unavailable("its code can't be had: no commit has been taken in")
        }
        return head
    }

    private func codeFolder(of job: Job, at commit: String) async throws -> String? {
        guard CodeStore.isNeeded(by: job), !job.effectiveRunPolicy.isSuspended else { return nil }
        guard let repository = branch?.repository else {
            throw BackendError.unavailable("its code can't be had as long as the repository can't be read")
        }
        guard let commit = ObjectID(commit) else {
            throw BackendError.unavailable("its code can't be had: the commit \(commit) is none")
        }
        try await checkCode(of: job, at: commit, in: repository)
        return try await code.folder(for: job, at: commit, in: repository)
    }

    /// Looks again whether the code is there: the commit that a run starts from may be newer than the one that its job was planned with.
    private func checkCode(of job: Job, at commit: ObjectID, in repository: Repository) async throws {
        guard let code = JobCode(job) else { return }
        var check = try await CodeCheck(repository, at: commit)
        guard let fault = try await check.faults(of: code).first(where: { $0.severity == .error }) else { return }
        throw BackendError.refused("\(fault.key): \(fault.message), at commit \(commit.description.prefix(12))")
    }

    /// Why nothing is done on a cluster that the configuration does not have.
    static func notConfigured(_ cluster: String) -> String {
        "the cluster \"\(cluster)\" is not configured; add it under clusters, or move the file"
    }
}

extension JobRecord {
    /// A backend's message without the values of the job's secrets: an API server repeats what it refuses. Shorter values than
    /// three bytes are in every text.
    fileprivate func withoutSecrets(_ message: String) -> String {
        let values = [applied, desired].compactMap(\.self).flatMap { job in
            (job.environment ?? [:]).filter { Job.namesSecret($0.key) && $0.value.utf8.count > 2 }.map(\.value)
        }
        return values.sorted { $0.utf8.count > $1.utf8.count }.reduce(message) { text, value in
            // As a message quotes it, and as it is.
            let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return text.replacing(quoted, with: Job.mask).replacing(value, with: Job.mask)
        }
    }
}
