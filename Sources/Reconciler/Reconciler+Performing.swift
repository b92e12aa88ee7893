import Foundation
import Git
import Jobs
import Journal

extension Reconciler {
    /// What is in force after an action that was done.
    struct Enforced: Sendable {
        var job: Job?
        /// Nil leaves the status that is known.
        var status: RunStatus?
    }

    /// Carries out one action. Every call to a backend may be repeated, so it does not matter where an earlier try ended.
    func perform(_ assignment: Assignment) async -> (Outcome, Enforced) {
        let intent = assignment.intent
        let before = Enforced(job: assignment.record.applied)
        guard intent.kind != .hold else { return (.held, before) }
        guard let backend = clusters.backend(of: intent.key.cluster) else {
            return (
                .postponed(
                    "the cluster \"\(intent.key.cluster)\" is not configured; add it under clusters, or move the file"
                ),
                before
            )
        }
        do {
            return (.done, try await perform(assignment, on: backend))
        } catch BackendError.unavailable(let message) {
            return (.postponed(message), before)
        } catch let error as BackendError {
            return (.failed(error.message), failure(of: assignment, error.message))
        } catch let error as GitError {
            return error.isPermanent
                ? (.failed("\(error)"), failure(of: assignment, "\(error)"))
                : (.postponed("\(error)"), before)
        } catch {
            return (.postponed("\(error)"), before)
        }
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
        case .update:
            return Enforced(job: record.desired)
        case .create, .resume:
            return try await start(new, record, on: backend)
        case .replace:
            // The code first: where it can't be had, the old run goes on.
            let request = try await request(new, record)
            try await backend.stop(current)
            return try await start(request, on: backend)
        case .suspend:
            try await backend.stop(current)
            return Enforced(job: record.desired)
        case .delete:
            try await journal.show(.deleting, of: intent.key)
            try await backend.stop(current)
            return Enforced()
        }
    }

    private func start(_ id: RunID, _ record: JobRecord, on backend: any Backend) async throws -> Enforced {
        try await start(try await request(id, record), on: backend)
    }

    private func start(_ request: RunRequest, on backend: any Backend) async throws -> Enforced {
        var status = RunStatus(pending: request.job)
        if request.job.effectiveRunPolicy.isSuspended {
            status.phase = .suspended
        } else {
            try await backend.start(request)
        }
        return Enforced(job: request.job, status: status)
    }

    private func request(_ id: RunID, _ record: JobRecord) async throws -> RunRequest {
        guard let job = record.desired else { throw BackendError.refused("the job file can't be used") }
        let commit = record.attribution.commit
        var folder: String?
        if !job.effectiveRunPolicy.isSuspended, let commit = ObjectID(commit), let repository = branch?.repository {
            folder = try await code.folder(for: job, at: commit, in: repository)
        }
        return RunRequest(id: id, job: job, commit: commit, codeFolder: folder)
    }
}
