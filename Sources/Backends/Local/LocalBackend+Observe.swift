import Foundation
import Jobs
import Logging
import Platform
import ServiceLifecycle

extension LocalBackend {
    /// Follows the supervisors' notices until the service shuts down. The runs continue without it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await event in self.notices.events {
                        await self.handleNotice(event)
                    }
                }
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(5))) != nil {
                        await self.checkAllRuns()
                    }
                }
            }
        }
    }

    private func handleNotice(_ event: DirectoryEvent) async {
        guard let name = event.name else {
            await checkAllRuns()
            return
        }
        if let notice = Notice(fileName: name) {
            await checkReplica(notice.replica, of: notice.id)
        }
    }

    /// Checks every open run, because a notice may be lost and a killed supervisor sends none.
    private func checkAllRuns() async {
        for (id, run) in runs where run.result == nil && !run.isStopped {
            for name in run.replicas.keys {
                await checkReplica(name, of: id)
            }
            if let run = runs[id], run.result == nil, !run.isStopped {
                retryLaunch(run)
            }
        }
    }

    /// Reads the files of a replica and updates its run.
    func checkReplica(_ name: String, of id: RunID) async {
        guard let before = runs[id], before.replicas[name] != nil else { return }
        runs[id]?.refreshReplica(name)
        guard let run = runs[id] else { return }
        if run.result == nil, !run.isStopped {
            await judgeRun(run)
        }
        if runs[id]?.status(node: settings.node) != before.status(node: settings.node) {
            changed.yield(id)
        }
    }

    /// Ends a run whose verdict is known, and restarts a run that lost a replica.
    private func judgeRun(_ run: LiveRun) async {
        let verdict = run.verdict
        if verdict != .open {
            concludeRun(run.request.id, verdict)
        } else if run.replicas.values.contains(where: \.hasVanished) {
            await restartRun(run.request.id, after: run.attempt)
        }
    }

    /// Writes the result of a run, once, and then ends the replicas if the clean-up policy requires it.
    func concludeRun(_ id: RunID, _ verdict: Verdict) {
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
            // The next check tries again. Until then the run keeps its old state.
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
                await self.waitForReplicasToEnd(of: id)
                await self.endReplicas(of: id)
            }
        }
    }

    /// Gives the other replicas of a decided run some time to end by themselves.
    ///
    /// The workers of one training finish at about the same time, and each exit code is useful. Parameter servers never
    /// end, so this does not wait for them.
    private func waitForReplicasToEnd(of id: RunID) async {
        let clock = ContinuousClock()
        let deadline = clock.now + settings.settlingTime
        let servers = "\(ReplicaType.ps.rawValue)-"
        while clock.now < deadline, let run = runs[id],
            run.replicas.contains(where: { !$0.key.hasPrefix(servers) && $0.value.isLive })
        {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Restarts all replicas after one vanished before its end: the machine went down, or somebody killed the
    /// supervisor.
    private func restartRun(_ id: RunID, after attempt: Int) async {
        await endReplicas(of: id)
        // In the meantime the run may have been stopped, or restarted by another check.
        guard var run = runs[id], run.result == nil, !run.isStopped, run.attempt == attempt else { return }
        logger.warning("a replica vanished; the run restarts", metadata: ["run": "\(id)"])
        run.attempt += 1
        run.replicas = [:]
        runs[id] = run
        launchRun(id)
    }
}

extension LocalBackend {
    /// Reads the folders of all runs at the start of the service and continues the unfinished runs.
    func recoverRuns() async {
        for folder in RunFolder.all(in: runsFolder) {
            do {
                try await recoverRun(folder)
            } catch {
                logger.error("a run can't be read", metadata: ["folder": "\(folder.url.path)", "error": "\(error)"])
            }
        }
    }

    private func recoverRun(_ folder: RunFolder) async throws {
        guard try folder.securePermissions() else {
            return logger.error(
                "a run was not made by this service's user and is passed over",
                metadata: ["folder": "\(folder.url.path)"]
            )
        }
        guard let request = try folder.request(), runs[folder.id] == nil else { return }
        var run = LiveRun(request, folder: folder)
        run.result = try folder.result()
        run.isStopped = folder.isStopped(attempt: run.attempt)
        run.refreshReplicas()
        if run.attempt == 0 {
            run.attempt = 1
        }
        runs[folder.id] = run
        ports.reservePorts(run.replicas.values.filter(\.isLive).map(\.port))
        changed.yield(folder.id)
        if run.isStopped || run.result != nil {
            await endLeftovers(of: run)
        } else if run.isUp {
            for name in run.replicas.keys.sorted() {
                await checkReplica(name, of: folder.id)
            }
        } else {
            launchRun(folder.id)
        }
    }

    /// Ends the replicas that the service was about to end when it was killed.
    private func endLeftovers(of run: LiveRun) async {
        let isKept = run.result != nil && run.request.job.effectiveRunPolicy.effectiveCleanPodPolicy == .none
        if !isKept, run.replicas.values.contains(where: \.isLive) {
            Task { await self.endReplicas(of: run.request.id) }
        }
    }
}
