import Foundation
import Jobs
import Logging
import Platform
import ServiceLifecycle

extension LocalBackend {
    /// Follows the supervisors' notices until the service is to end; what runs goes on without it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await event in self.notices.events {
                        await self.handle(event)
                    }
                }
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(5))) != nil {
                        await self.lookAtAll()
                    }
                }
            }
        }
    }

    private func handle(_ event: DirectoryEvent) async {
        guard let name = event.name else {
            await lookAtAll()
            return
        }
        if let notice = Notice(fileName: name) {
            await look(at: notice.id, notice.replica)
        }
    }

    /// Looks at every open run: a notice may be lost, and a supervisor that is killed sends none.
    private func lookAtAll() async {
        for (id, run) in runs where run.result == nil && !run.isStopped {
            for name in run.replicas.keys {
                await look(at: id, name)
            }
            if let run = runs[id], run.result == nil, !run.isStopped {
                goOn(run)
            }
        }
    }

    /// Reads what became of a replica and does what follows from it.
    func look(at id: RunID, _ name: String) async {
        guard let before = runs[id], before.replicas[name] != nil else { return }
        runs[id]?.refresh(name)
        guard let run = runs[id] else { return }
        if run.result == nil, !run.isStopped {
            await judge(run)
        }
        if runs[id]?.status(node: settings.node) != before.status(node: settings.node) {
            changed.yield(id)
        }
    }

    private func judge(_ run: LiveRun) async {
        let verdict = run.verdict
        if verdict != .open {
            conclude(run.request.id, verdict)
        } else if run.replicas.values.contains(where: \.hasVanished) {
            await startAgain(run.request.id, after: run.attempt)
        }
    }

    /// Writes down how a run ended, once, and ends what its clean-up policy says.
    func conclude(_ id: RunID, _ verdict: Verdict) {
        guard let run = runs[id], run.result == nil else { return }
        let result: RunFolder.Result
        switch verdict {
        case .open: return
        case .succeeded: result = .init(phase: .succeeded, reason: "", message: "", completionTime: Date())
        case .failed(let reason, let message):
            result = .init(phase: .failed, reason: reason, message: message, completionTime: Date())
        }
        do {
            try run.folder.write(result)
        } catch {
            // The next look tries again; until then the run is shown as it was.
            logger.error("the result of a run can't be written", metadata: ["run": "\(id)", "error": "\(error)"])
            return
        }
        runs[id]?.result = result
        changed.yield(id)
        logger.info(
            "run ended",
            metadata: ["run": "\(id)", "phase": "\(result.phase.rawValue)", "message": "\(result.message)"]
        )
        if run.request.job.effectiveRunPolicy.effectiveCleanPodPolicy != .none {
            Task {
                await self.letReplicasEnd(of: id)
                await self.endReplicas(of: id)
            }
        }
    }

    /// Gives the other replicas of a run that is decided a moment to end by themselves: workers of one training finish
    /// together, and each exit code is worth keeping. Parameter servers never end and are not waited for.
    private func letReplicasEnd(of id: RunID) async {
        let clock = ContinuousClock()
        let deadline = clock.now + settings.settlingTime
        let servers = "\(ReplicaType.ps.rawValue)-"
        while clock.now < deadline, let run = runs[id],
            run.replicas.contains(where: { !$0.key.hasPrefix(servers) && $0.value.isLive })
        {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A replica vanished before it ended: the machine went down, or somebody killed its supervisor. All begin anew.
    private func startAgain(_ id: RunID, after attempt: Int) async {
        await endReplicas(of: id)
        // While that was awaited the run may have been stopped, or begun anew by another look.
        guard var run = runs[id], run.result == nil, !run.isStopped, run.attempt == attempt else { return }
        logger.warning("a replica vanished; the run begins anew", metadata: ["run": "\(id)"])
        run.attempt += 1
        run.replicas = [:]
        runs[id] = run
        bringUp(id)
    }
}
