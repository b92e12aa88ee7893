import Foundation
import Jobs
import Logging
import Platform

extension LocalBackend {
    /// Takes the next step of a run, as its rules decide.
    func judgeRun(_ id: RunID) async {
        guard var run = runs[id] else { return }
        if !run.facts.failures.isEmpty, run.result == nil {
            // Another replica may have failed earlier, and the first failure decides.
            run.refreshReplicas()
            run.findFrozenReplicas()
            runs[id] = run
        }
        let now = Date()
        run.sampleProgress(at: now)
        runs[id] = run
        switch run.rules.nextStep(run.facts, now: now, jitter: .random(in: 0...1)) {
        case .wait(let date):
            let sample = run.isOpen ? run.progress.map { now + $0.interval } : nil
            timers.setCheck(of: id, at: [date, sample].compactMap(\.self).min()) { [weak self] in
                await self?.checkOnTime(id)
            }
        case .launch:
            for restart in run.dueRestarts(now: now) {
                launchRestart(restart, of: id)
            }
        case .restart(let plan): decideRestart(plan, of: run, now: now)
        case .succeed: concludeRun(id, .init(phase: .succeeded, reason: "", message: "", completionTime: now))
        case .fail(let reason, let failures):
            let message = run.rules.message(
                of: reason,
                failures,
                restarts: run.restarts.count,
                detail: run.evidence(of: failures)
            )
            concludeRun(id, .init(phase: .failed, reason: reason.rawValue, message: message, completionTime: now))
        case .expire: await expireRun(id)
        }
    }

    /// Concludes a run whose verdict the files of its replicas already have.
    func concludeDecidedRun(_ id: RunID) async {
        guard var run = runs[id], run.isOpen else { return }
        run.refreshReplicas()
        runs[id] = run
        switch run.rules.nextStep(run.facts, now: Date(), jitter: 0) {
        case .succeed, .fail: await judgeRun(id)
        case .wait, .restart, .launch, .expire: return
        }
    }

    private func checkOnTime(_ id: RunID) async {
        timers.removeCheck(of: id)
        await judgeRun(id)
    }

    /// Records a restart, ends the replicas that restart too, and then waits until the restart is due.
    private func decideRestart(_ plan: RestartPlan, of run: LiveRun, now: Date) {
        let id = run.request.id
        let message = run.rules.message(of: plan, detail: run.evidence(of: plan.failures))
        do {
            try runs[id]?.decideRestart(plan, message: message, now: now)
        } catch {
            // The next check tries again.
            logger.error("a restart can't be recorded", metadata: ["run": "\(id)", "error": "\(error)"])
            return
        }
        logger.warning("replicas restart", metadata: ["run": "\(id)", "message": "\(message)"])
        changed.yield(id)
        let names = plan.isOfAll ? nil : Set(plan.failures.map(\.name))
        endBeforeRestart(id, names, plan.failures.first?.cause)
    }

    /// Starts a task that ends what is left of the replicas that restart. The restart waits for it.
    ///
    /// - Parameters:
    ///   - names: the replicas that restart. Nil: all.
    ///   - cause: why they restart. Nil: unknown, after a restart of the service.
    func endBeforeRestart(_ id: RunID, _ names: Set<String>?, _ cause: ReplicaFailure.Cause?) {
        guard let attempt = runs[id]?.attempt else { return }
        // At once: the next check must not find the restart due.
        runs[id]?.endings.insert(attempt)
        Task { await self.endReplicas(of: id, names, before: attempt, cause) }
    }

    private func endReplicas(
        of id: RunID,
        _ names: Set<String>?,
        before attempt: Int,
        _ cause: ReplicaFailure.Cause?
    ) async {
        if let names {
            let vanished = runs[id]?.replicas.filter { names.contains($0.key) && $0.value.hasVanished }.keys
            if let vanished, !vanished.isEmpty {
                await killStrays(of: id, Set(vanished))
            }
        } else if let run = runs[id] {
            await endReplicas(of: id, run.rules.stopSchedule(after: cause))
        }
        runs[id]?.endings.remove(attempt)
        await judgeRun(id)
    }

    /// Writes the result of a run, once, and then ends the replicas if the clean-up policy or the result requires it.
    func concludeRun(_ id: RunID, _ result: RunFolder.Result) {
        guard let run = runs[id], run.result == nil else { return }
        do {
            try run.folder.write(result)
        } catch {
            // The next check tries again. Until then the run keeps its old state.
            logger.error("the result of a run can't be written", metadata: ["run": "\(id)", "error": "\(error)"])
            return
        }
        runs[id]?.result = result
        showProgress(of: id, isFinal: true)
        changed.yield(id)
        logger.info(
            "run ended",
            metadata: ["run": "\(id)", "phase": "\(result.phase.rawValue)", "message": "\(result.message)"]
        )
        Task {
            if result.endsAll || run.rules.cleanPodPolicy != .none {
                if !result.endsAll {
                    await self.waitForReplicasToEnd(of: id)
                }
                await self.endReplicas(of: id, StopSchedule(gracePeriod: run.rules.gracePeriod))
            }
            // The time to live begins.
            await self.judgeRun(id)
        }
    }

    /// Gives the other replicas of a decided run some time to end by themselves.
    ///
    /// The workers of one training finish at about the same time, and each exit code is useful. Parameter servers never
    /// end, so this does not wait for them.
    private func waitForReplicasToEnd(of id: RunID) async {
        let clock = ContinuousClock()
        let deadline = clock.now + settings.settlingTime
        while clock.now < deadline, let run = runs[id],
            run.replicas.values.contains(where: { $0.type != .ps && $0.isLive })
        {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Removes the files of a finished run, except its definition and its final status.
    private func expireRun(_ id: RunID) async {
        guard let run = runs[id], run.result?.status == nil else { return }
        if run.isLive {
            await endReplicas(of: id, StopSchedule(gracePeriod: run.rules.gracePeriod))
        }
        guard let run = runs[id], var result = run.result else { return }
        result.status = run.status(node: settings.node)
        do {
            try run.folder.write(result)
            try run.folder.removeContents()
        } catch {
            logger.error("a run's files can't be removed", metadata: ["run": "\(id)", "error": "\(error)"])
            return
        }
        runs[id]?.result = result
        logger.info("the files of a run were removed: its time to live is over", metadata: ["run": "\(id)"])
        changed.yield(id)
    }
}
