import Foundation
import Jobs
import Journal
import Logging

/// Plans the dirty jobs of the journal, and starts their actions.
///
/// An action has its intent in the journal before it begins and its outcome after. A job has at most one action under way; a
/// change that comes meanwhile is planned when that action ends. The dispatcher has no state: ``WorkBoard`` and the journal do.
struct Dispatcher: Sendable {
    let journal: Journal
    let trackers: RunTrackers
    let runner: ActionRunner
    let board: WorkBoard
    /// The most actions under way on one cluster.
    let concurrency: Int
    /// The first delay after a refusal.
    let refusalDelay: Duration
    let wake: Signal
    let logger: Logger

    /// Starts the actions that are due, and returns at once. The end of an action wakes the next pass.
    ///
    /// Each cluster has its own slots, so a slow or unreachable one delays no other.
    func act() async throws {
        for cluster in try await journal.dirtyClusters() {
            try await act(on: cluster)
        }
    }

    private func act(on cluster: String) async throws {
        guard let tracker = trackers.tracker(of: cluster) else {
            try await journal.postpone(
                on: cluster,
                because: Clusters.notConfigured(cluster),
                except: board.jobsUnderWay
            )
            return
        }
        let health = await tracker.health
        guard health.isCompared else {
            if let outage = health.outage {
                try await journal.postpone(on: cluster, because: outage, except: board.jobsUnderWay)
            }
            return
        }
        let room = board.room(on: cluster, limit: concurrency)
        guard room > 0 else { return }
        let dirty = try await journal.dirtyJobs(of: cluster, limit: room, except: board.unavailableJobs)
        guard !dirty.isEmpty else { return }
        let (assignments, settled) = try await plan(dirty, tracker)
        if !settled.isEmpty {
            try await journal.settle(settled)
            for (key, _) in settled {
                await tracker.clearFault(of: key)
                endWaits(for: key)
            }
        }
        let numbers = try await journal.intend(assignments.map(\.intent), now: Date())
        for (assignment, number) in zip(assignments, numbers) {
            board.beginAction(of: assignment.record.key) {
                await carryOut(assignment, number: number, tracker)
            }
        }
        if dirty.count == room || !settled.isEmpty {
            wake.send()
        }
    }

    /// - Returns: what to do, and the jobs for which there is nothing to do.
    private func plan(
        _ dirty: [JobRecord],
        _ tracker: RunTracker
    ) async throws -> (assignments: [ActionRunner.Assignment], settled: [(key: JobKey, commit: String)]) {
        var assignments: [ActionRunner.Assignment] = []
        var settled: [(key: JobKey, commit: String)] = []
        for record in dirty {
            guard let commit = record.dirty else { continue }
            guard let kind = Plan.action(desired: record.desiredJob, applied: record.appliedJob) else {
                settled.append((record.key, commit))
                continue
            }
            if kind.startsRun, try await mustWait(record, kind, tracker) { continue }
            let run = kind.beginsRun ? record.run + 1 : record.run
            let isSuspended = record.desired?.effectiveRunPolicy.isSuspended == true
            let continues = kind.beginsRun || !record.status.phase.isFinal
            let intent = Intent(
                commit: commit,
                key: record.key,
                kind: kind,
                run: run,
                startsReplicas: kind.startsRun && continues && !isSuspended
            )
            assignments.append(.init(record: record, intent: intent))
        }
        return (assignments, settled)
    }

    /// Whether a job has to wait for others to succeed. A job that never ran shows that it waits.
    private func mustWait(_ record: JobRecord, _ kind: ActionKind, _ tracker: RunTracker) async throws -> Bool {
        let needed = record.dependencies.map(record.key.sibling)
        guard !needed.isEmpty, record.desired?.effectiveRunPolicy.isSuspended == false else { return false }
        // Before the journal is read: a job that succeeds meanwhile ends this wait.
        board.beginWait(of: record.key, for: Set(needed))
        let missing = try await journal.unmetDependencies(needed)
        guard !missing.isEmpty else {
            board.endWait(of: record.key)
            return false
        }
        try await journal.showWaiting(record.key, for: missing, kind)
        if record.status.phase == .deleting {
            await tracker.record(RunID(key: record.key, number: record.run))
        }
        return true
    }

    /// Plans the jobs again that wait for a job that changed.
    private func endWaits(for key: JobKey) {
        if board.endWaits(for: key) {
            wake.send()
        }
    }

    private func carryOut(_ assignment: ActionRunner.Assignment, number: Int64, _ tracker: RunTracker) async {
        let intent = assignment.intent
        let key = intent.key
        let (outcome, result) = await runner.perform(assignment, on: tracker.backend)
        do {
            try await journal.conclude(
                number,
                intent,
                outcome: outcome,
                job: result.job,
                runCommit: result.runCommit,
                status: result.status,
                stopped: result.stopped,
                now: Date()
            )
            await tracker.recordOutcome(outcome, of: key)
            // The run in force: if a replacement failed half-way, the old one, which may have been stopped.
            await tracker.record(RunID(key: key, number: outcome == .done ? intent.run : assignment.record.run))
        } catch {
            // The journal does not know the outcome, so the action is repeated; a repeated call changes nothing.
            logger.error("an outcome can't be written", metadata: ["job": "\(key)", "error": "\(error)"])
            board.endAction(of: key)
            _ = rest(key, for: .outage("\(error)"))
            return
        }
        board.endAction(of: key)
        endWaits(for: key)
        let isNew: Bool
        switch outcome {
        case .postponed(let message): isNew = rest(key, for: .outage(message))
        case .refused(let message): isNew = rest(key, for: .refusal(message))
        case .done, .held:
            isNew = true
            board.forgetFailures(of: key)
            wake.send()
        }
        log(outcome, of: intent, isNew: isNew)
    }

    /// Lets a job rest before the next try.
    ///
    /// - Returns: whether the cause is another one than before.
    private func rest(_ key: JobKey, for cause: RetrySchedule.Cause) -> Bool {
        let first: Duration = if case .refusal = cause { refusalDelay } else { .seconds(1) }
        let (delay, isNew) = board.rest(key, for: cause, first: first)
        wake.send()
        Task {
            try? await Task.sleep(for: delay)
            board.endRest(of: key)
            wake.send()
        }
        return isNew
    }

    /// Logs an outcome; one that is repeated with each try is logged once.
    private func log(_ outcome: Outcome, of intent: Intent, isNew: Bool) {
        let metadata: Logger.Metadata = [
            "job": "\(intent.key)", "action": "\(intent.kind.rawValue)", "run": "\(intent.run)",
            "commit": "\(intent.commit)",
        ]
        switch outcome {
        case .done: logger.info("action done", metadata: metadata)
        case .held: logger.info("job held", metadata: metadata)
        case .postponed(let error):
            logger.log(level: isNew ? .warning : .debug, "action postponed: \(error)", metadata: metadata)
        case .refused(let error):
            logger.log(level: isNew ? .warning : .debug, "action refused: \(error)", metadata: metadata)
        }
    }
}
