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
        /// The run that the action stopped; nil if it stopped none.
        var stopped: StoppedRun?
    }

    /// What an action has done so far, also if it then fails.
    private struct Progress {
        /// Whether nothing of the job runs.
        var runsNothing: Bool
        var stopped: StoppedRun?
    }

    /// Carries out one action, and says how it ended.
    func perform(_ assignment: Assignment, on backend: any Backend) async -> (Outcome, Enforced) {
        guard assignment.intent.kind != .hold else { return (.held, Enforced(job: assignment.record.applied)) }
        let record = assignment.record
        // A run that goes on or has finished keeps its status.
        var progress = Progress(
            runsNothing: record.applied == nil || assignment.intent.kind == .resume && !record.status.phase.isFinal
        )
        var (outcome, enforced) = (Outcome.done, Enforced(job: record.applied))
        do {
            enforced = try await call(backend, for: assignment, &progress)
        } catch {
            outcome = Self.outcome(of: error, record)
            switch outcome {
            case .refused(let message): enforced.status = progress.runsNothing ? .refused(message) : nil
            case .postponed(let message): enforced.status = record.applied == nil ? .postponed(message) : nil
            case .done, .held: break
            }
        }
        enforced.stopped = progress.stopped
        return (outcome, enforced)
    }

    private static func outcome(of error: any Error, _ record: JobRecord) -> Outcome {
        switch error {
        case BackendError.refused(let reason): .refused(record.withoutSecrets(reason))
        case let error as GitError where error.isPermanent: .refused("\(error)")
        default: .postponed(record.withoutSecrets((error as? BackendError)?.message ?? "\(error)"))
        }
    }

    private func call(
        _ backend: any Backend,
        for assignment: Assignment,
        _ progress: inout Progress
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
            var enforced = try await start(try await requests.start(of: new, record, on: backend), on: backend)
            if intent.kind == .resume {
                enforced.status?.keepRecords(of: record.status)
            }
            return enforced
        case .replace:
            // The code and the check first: if the new run can't start, the old run goes on.
            let request = try await requests.start(of: new, record, on: backend)
            if !request.job.effectiveRunPolicy.isSuspended {
                try await backend.checkRequest(request)
            }
            progress.stopped = try await stop(current, record.status, on: backend, gracePeriod: grace)
            progress.runsNothing = !record.status.phase.isFinal
            return try await start(request, on: backend)
        case .suspend:
            progress.stopped = try await stop(current, record.status, on: backend, gracePeriod: grace)
            return Enforced(job: record.desired, status: suspended(progress.stopped?.status ?? record.status))
        case .delete:
            // A finished run shows its end until it is gone, also if the delete is taken back half-way.
            if !record.status.phase.isFinal {
                try await journal.showPhase(.deleting, of: intent.key)
            }
            progress.stopped = try await stop(current, record.status, on: backend, gracePeriod: grace, discards: true)
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
        status.suspend()
        return status
    }
}

// MARK: - Stops

extension ActionRunner {
    /// Stops a run. A stop that takes too long goes on, and other jobs get its slot: replicas that can't be ended may last for ever.
    ///
    /// - Parameter discards: whether to remove what is left of the run.
    /// - Returns: how the run ended; nil if nothing of it was running.
    private func stop(
        _ run: RunID,
        _ status: RunStatus,
        on backend: any Backend,
        gracePeriod: Duration,
        discards: Bool = false
    ) async throws -> StoppedRun? {
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
        let start = ContinuousClock.now
        try await backend.stop(run)
        let duration = ContinuousClock.now - start
        let wasActive = status.startTime != nil && !status.phase.isFinal && status.phase != .suspended
        // Only the records need it, so a backend that can't be asked now does not matter.
        let observation = wasActive ? try? await backend.observe(run) : nil
        if discards {
            try await backend.discard(run)
        }
        return wasActive ? StoppedRun(status: observation?.status, duration: duration) : nil
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
