import Foundation
import Jobs
import Journal
import Logging

extension Reconciler {
    /// An action that has an intent in the journal and is about to be carried out.
    struct Assignment: Sendable {
        let record: JobRecord
        let intent: Intent
    }

    /// Whether nothing is under way, and nothing is left to do but what waits for other jobs.
    package func isAtRest() async throws -> Bool {
        guard underWay.isEmpty, noting.isEmpty, !isPassing else { return false }
        let left = try await journal.dirtyJobs(limit: 1, except: Set(waiting.keys))
        return left.isEmpty && underWay.isEmpty && !isPassing
    }

    /// Plans the jobs that wait and starts what there is to do. Returns at once: what is done wakes the next pass.
    ///
    /// Each cluster has room of its own, so that one that is slow or away keeps no other waiting.
    func act() async throws {
        for cluster in try await journal.dirtyClusters() {
            try await act(on: cluster)
        }
    }

    private func act(on cluster: String) async throws {
        guard let index = clusters.index(of: cluster) else {
            try await journal.postpone(
                on: cluster,
                because: Self.notConfigured(cluster),
                except: Set(underWay.keys)
            )
            return
        }
        guard health[index].isCompared else {
            if let outage = health[index].outage {
                try await journal.postpone(on: cluster, because: outage, except: Set(underWay.keys))
            }
            return
        }
        let room = settings.concurrency - underWay.keys.count { $0.cluster == cluster && !lingering.contains($0) }
        guard room > 0 else { return }
        let passedOver = resting.union(underWay.keys).union(waiting.keys)
        let dirty = try await journal.dirtyJobs(of: cluster, limit: room, except: passedOver)
        guard !dirty.isEmpty else { return }
        var assignments: [Assignment] = []
        var settled: [(key: JobKey, commit: String)] = []
        for record in dirty {
            guard let commit = record.dirty else { continue }
            guard let kind = Plan.action(desired: record.desiredJob, applied: record.appliedJob) else {
                settled.append((record.key, commit))
                continue
            }
            if kind.startsRun, try await waits(record) { continue }
            let run = kind.beginsRun ? record.run + 1 : record.run
            assignments.append(
                Assignment(record: record, intent: Intent(commit: commit, key: record.key, kind: kind, run: run))
            )
        }
        if !settled.isEmpty {
            try await journal.settle(settled)
            for (key, _) in settled {
                health[index].postponed[key] = nil
                release(whatWaitsFor: key)
            }
        }
        let numbers = try await journal.intend(assignments.map(\.intent), now: Date())
        for (assignment, number) in zip(assignments, numbers) {
            // Ends with its action; where the service ends first, the intent in the journal is taken up at the next start.
            underWay[assignment.record.key] = Task { await self.carryOut(assignment, number: number) }
        }
        if dirty.count == room || !settled.isEmpty {
            wake()
        }
    }

    /// Whether a job has to wait for others to succeed. It then shows that, if it never ran.
    private func waits(_ record: JobRecord) async throws -> Bool {
        let needed = record.dependencies.map(record.key.sibling)
        guard !needed.isEmpty, record.desired?.effectiveRunPolicy.isSuspended == false else { return false }
        // First, so that a job that succeeds while the journal is asked releases this one again.
        waiting[record.key] = Set(needed)
        let missing = try await journal.unsucceeded(needed)
        guard !missing.isEmpty else {
            waiting[record.key] = nil
            return false
        }
        try await journal.showWaiting(record.key, for: missing.map(\.id))
        if record.status.phase == .deleting, let index = clusters.index(of: record.key.cluster) {
            await note(RunID(key: record.key, number: record.run), of: index)
        }
        return true
    }

    /// Plans the jobs again that wait for one of which something is new.
    func release(whatWaitsFor key: JobKey) {
        let released = waiting.filter { $0.value.contains(key) }.map(\.key)
        guard !released.isEmpty else { return }
        released.forEach { waiting[$0] = nil }
        wake()
    }

    private func carryOut(_ assignment: Assignment, number: Int64) async {
        let intent = assignment.intent
        let key = intent.key
        let (outcome, result) = await perform(assignment)
        do {
            try await journal.conclude(
                number,
                intent,
                outcome: outcome,
                job: result.job,
                runCommit: result.runCommit,
                status: result.status,
                now: Date()
            )
            if let index = clusters.index(of: key.cluster) {
                noteReach(outcome, of: key, index)
                // The run in force: where a replacement failed half-way, the old one, which may have been stopped.
                let number = outcome == .done ? intent.run : assignment.record.run
                await note(RunID(key: key, number: number), of: index)
            }
        } catch {
            // What was done is not known to the journal; it is done again, which changes nothing.
            logger.error("an outcome can't be written", metadata: ["job": "\(key)", "error": "\(error)"])
            underWay[key] = nil
            rest(key)
            return
        }
        log(outcome, of: intent)
        underWay[key] = nil
        release(whatWaitsFor: key)
        if case .postponed = outcome {
            rest(key)
        } else {
            backoffs[key] = nil
            wake()
        }
    }

    /// Keeps in mind whether the backend could carry out an action, and has it looked at where it could not.
    private func noteReach(_ outcome: Outcome, of key: JobKey, _ index: Int) {
        if case .postponed(let message) = outcome {
            health[index].postponed[key] = message
            lookAgain(at: index)
        } else {
            health[index].postponed[key] = nil
        }
    }

    private func log(_ outcome: Outcome, of intent: Intent) {
        let metadata: Logger.Metadata = [
            "job": "\(intent.key)", "action": "\(intent.kind.rawValue)", "run": "\(intent.run)",
            "commit": "\(intent.commit)",
        ]
        switch outcome {
        case .done: logger.info("action done", metadata: metadata)
        case .held: logger.info("job held", metadata: metadata)
        case .failed(let error): logger.error("action failed: \(error)", metadata: metadata)
        case .postponed(let error): logger.warning("action postponed: \(error)", metadata: metadata)
        }
    }

    /// Lets a job rest before the next try.
    private func rest(_ key: JobKey) {
        let delay = backoffs[key, default: Backoff()].failed(jitter: Double.random(in: 0...1))
        resting.insert(key)
        wake()
        Task {
            try? await Task.sleep(for: delay)
            self.resting.remove(key)
            self.wake()
        }
    }
}

extension ActionKind {
    /// Whether what it does has a new number.
    fileprivate var beginsRun: Bool { self == .create || self == .replace }

    /// Whether processes are started by it.
    fileprivate var startsRun: Bool { beginsRun || self == .resume }
}
