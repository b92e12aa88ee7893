import Foundation
import Git
import Jobs
import Journal
import Logging

/// Carries out single actions on a backend.
///
/// Every call may be repeated, so it does not matter where an earlier try ended. The runner writes nothing into the journal except
/// that a run is being deleted.
struct ActionRunner: Sendable {
    let journal: Journal
    let requests: RunRequests
    let board: WorkBoard
    /// How much longer than the grace period a stop may take before other jobs get its slot.
    let stopAllowance: Duration
    let journalFault: JournalFault
    let wake: Signal
    let logger: Logger

    /// An action whose intent is in the journal.
    struct Assignment: Sendable {
        let record: JobRecord
        let intent: Intent
    }

    /// What is in force after an action.
    struct Enforced: Sendable {
        var job: Job?
        /// The commit whose tree the run uses; nil keeps the known one.
        var runCommit: String?
        /// Nil keeps the known status.
        var status: RunStatus?
    }

    /// Carries out one action, and says how it ended.
    func perform(_ assignment: Assignment, on backend: any Backend) async -> (Outcome, Enforced) {
        guard assignment.intent.kind != .hold else { return (.held, Enforced(job: assignment.record.applied)) }
        let record = assignment.record
        // A run that goes on or has finished keeps its status.
        var runsNothing = record.applied == nil || assignment.intent.kind == .resume && !record.status.phase.isFinal
        do {
            return (.done, try await call(backend, for: assignment, &runsNothing))
        } catch BackendError.refused(let reason) {
            return refusal(record.withoutSecrets(reason), of: record, runsNothing)
        } catch let error as GitError where error.isPermanent {
            return refusal("\(error)", of: record, runsNothing)
        } catch {
            let reason = (error as? BackendError)?.message ?? "\(error)"
            let message = record.withoutSecrets(reason)
            let status = record.applied == nil ? RunStatus.postponed(message) : nil
            return (.postponed(message), Enforced(job: record.applied, status: status))
        }
    }

    private func refusal(_ message: String, of record: JobRecord, _ runsNothing: Bool) -> (Outcome, Enforced) {
        (.refused(message), Enforced(job: record.applied, status: runsNothing ? .refused(message) : nil))
    }

    /// - Parameter runsNothing: becomes true when the old run of a replacement has been stopped.
    private func call(
        _ backend: any Backend,
        for assignment: Assignment,
        _ runsNothing: inout Bool
    ) async throws -> Enforced {
        let record = assignment.record
        let intent = assignment.intent
        let grace = Duration.seconds(record.applied?.runPolicy?.gracePeriodSeconds ?? 0)
        let current = RunID(key: intent.key, number: record.run)
        let new = RunID(key: intent.key, number: intent.run)
        switch intent.kind {
        case .hold:
            return Enforced(job: record.applied)
        case .update,
            .resume where record.status.phase.isFinal,
            .suspend where record.status.phase.isFinal:
            // A finished run has nothing to stop or start, also if the cluster has cleaned it up.
            try await backend.update(try requests.update(of: current, record))
            return Enforced(job: record.desired)
        case .create, .resume:
            return try await start(try await requests.start(of: new, record, on: backend), on: backend)
        case .replace:
            // The code and the check first: if the new run can't start, the old run goes on.
            let request = try await requests.start(of: new, record, on: backend)
            if !request.job.effectiveRunPolicy.isSuspended {
                try await backend.checkRequest(request)
            }
            try await stop(current, record.status, on: backend, gracePeriod: grace) { try await backend.stop(current) }
            runsNothing = !record.status.phase.isFinal
            return try await start(request, on: backend)
        case .suspend:
            try await stop(current, record.status, on: backend, gracePeriod: grace) { try await backend.stop(current) }
            return Enforced(job: record.desired, status: suspended(record.status))
        case .delete:
            // A finished run shows its end until it is gone, also if the delete is taken back half-way.
            if !record.status.phase.isFinal {
                try await journal.showPhase(.deleting, of: intent.key)
            }
            try await stop(current, record.status, on: backend, gracePeriod: grace) {
                try await backend.stop(current)
                try await backend.discard(current)
            }
            return Enforced()
        }
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

    /// The status of a run that was suspended. The backend may keep nothing of it, and then has no status for it.
    private func suspended(_ status: RunStatus) -> RunStatus? {
        guard !status.phase.isFinal else { return nil }
        var status = status
        status.phase = .suspended
        status.reason = ""
        status.message = ""
        return status
    }
}

// MARK: - Stops

extension ActionRunner {
    /// Stops a run. A stop that takes too long goes on, and other jobs get its slot: replicas that can't be ended may last for ever.
    private func stop(
        _ run: RunID,
        _ status: RunStatus,
        on backend: any Backend,
        gracePeriod: Duration,
        _ stop: () async throws -> Void
    ) async throws {
        let patience = max(backend.gracePeriod, gracePeriod) + stopAllowance
        board.beginStop(of: run.key)
        let watch = Task {
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            await releaseSlot(of: run, status, after: patience)
        }
        defer {
            watch.cancel()
            board.endStop(of: run.key)
        }
        try await stop()
    }

    private func releaseSlot(of run: RunID, _ status: RunStatus, after patience: Duration) async {
        guard board.releaseSlot(of: run.key) else { return }
        logger.warning(
            "a run has not ended \(patience) after it was stopped; other jobs go on meanwhile",
            metadata: ["run": "\(run)"]
        )
        wake.send()
        guard !status.phase.isFinal else { return }
        do {
            try await journal.showPhase(.deleting, of: run.key)
        } catch {
            journalFault.record(error)
        }
    }
}

extension JobRecord {
    /// A backend's message without the values of the job's secrets: an API server repeats what it refuses.
    fileprivate func withoutSecrets(_ message: String) -> String {
        Job.maskSecrets(of: [applied, desired].compactMap(\.self), in: message)
    }
}
