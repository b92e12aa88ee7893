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
        for (id, before) in runs where before.result == nil && !before.isStopped {
            // All replicas at once: the status of a run with hundreds of them takes a while to make.
            runs[id]?.refreshReplicas()
            if let run = runs[id], run.result == nil, !run.isStopped {
                retryLaunch(run)
                await judgeRun(id)
            }
            if runs[id]?.status(node: settings.node) != before.status(node: settings.node) {
                changed.yield(id)
            }
        }
    }

    /// Reads the files of a replica and updates its run.
    func checkReplica(_ name: String, of id: RunID) async {
        guard let before = runs[id], before.replicas[name] != nil else { return }
        runs[id]?.refreshReplica(name)
        if let run = runs[id], run.result == nil, !run.isStopped {
            await judgeRun(id)
        }
        if runs[id]?.status(node: settings.node) != before.status(node: settings.node) {
            changed.yield(id)
        }
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
        guard let (request, defaults) = try folder.request(), runs[folder.id] == nil else { return }
        let id = folder.id
        var run = LiveRun(request, folder: folder, defaults: defaults)
        run.result = try folder.result()
        if run.result?.status == nil {
            run.refreshReplicas()
        }
        if run.attempt == 0 {
            run.beginAttempt()
        }
        run.heldPorts = run.replicas.values.filter { $0.isLive || run.isOpen }.map(\.port)
        ports.reservePorts(run.heldPorts)
        runs[id] = run
        changed.yield(id)
        if run.isStopped || run.result != nil {
            endLeftovers(of: run)
            await judgeRun(id)
        } else if let restart = run.dueRestarts.last {
            endBeforeRestart(id, restart.replicas.map(Set.init), nil)
        } else if run.isUp {
            await judgeRun(id)
        } else {
            launchRun(id)
        }
    }

    /// Ends the replicas that the service was about to end when it was killed.
    private func endLeftovers(of run: LiveRun) {
        let isKept = run.result.map { !$0.endsAll && run.rules.cleanPodPolicy == .none } ?? false
        if !isKept, run.replicas.values.contains(where: \.isLive) {
            Task { await self.endReplicas(of: run.request.id, StopSchedule(gracePeriod: run.rules.gracePeriod)) }
        }
    }
}
