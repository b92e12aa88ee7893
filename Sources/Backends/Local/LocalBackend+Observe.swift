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
                group.addTask {
                    repeat {
                        await self.removeUnusedRuntimes()
                    } while (try? await Task.sleep(for: .seconds(86_400))) != nil
                }
            }
        }
    }

    /// Removes the virtual environments that no run has used for 30 days.
    func removeUnusedRuntimes() async {
        let used = runs.values.filter { $0.isLive || $0.isOpen }.compactMap(\.interpreter)
        let removed = await runtimes.removeUnused(except: Set(used))
        if !removed.isEmpty {
            logger.info("unused runtimes were removed", metadata: ["runtimes": "\(removed.joined(separator: ", "))"])
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
            showProgress(of: id)
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

    /// Shows how far a run is, if it was not shown a short time ago.
    ///
    /// Each change is written to the journal, so many runs together change at most 20 times a second.
    ///
    /// - Parameter isFinal: whether the run has ended, so that the last step counts.
    func showProgress(of id: RunID, isFinal: Bool = false) {
        let interval = isFinal ? 0 : max(5, Double(runs.count) / 20)
        runs[id]?.showProgress(at: Date(), every: interval, settings.users[id.key.cluster])
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

/// The state folder is a copy of another one, in which a run goes on.
struct CopiedStateError: Error, CustomStringConvertible {
    let run: RunID
    /// The folder of a replica as the copy has it.
    let copy: String
    /// The folder that the replica's supervisor works in.
    let original: String
    let pid: Int32

    var description: String {
        """
        \(copy) is a copy: run \(run.number) of \(run.key) goes on in \(original) (process \(pid)), and a second service would start it again; \
        use the original state folder, or move it only after its runs have ended
        """
    }
}

extension LocalBackend {
    /// Checks that the supervisors of unfinished runs work in this folder, and not in the one that it is a copy of.
    ///
    /// - Throws: ``CopiedStateError``
    nonisolated func checkForCopy() throws {
        for folder in RunFolder.all(in: runsFolder) {
            guard let (request, _) = try? folder.request(), (try? folder.result()) == nil else { continue }
            for name in RunStatus(pending: request.job).replicas.map(\.name) {
                guard let attempt = folder.newestAttempt(of: name) else { continue }
                let files = folder.replica(name, attempt: attempt)
                guard let supervisor = files.supervisor?.process, supervisor.isAlive,
                    let original = ProcessTable.otherFolder(of: supervisor.pid, insteadOf: files.url.path)
                else { continue }
                throw CopiedStateError(run: folder.id, copy: files.url.path, original: original, pid: supervisor.pid)
            }
        }
    }

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

    /// Removes the notices of runs whose folders are gone.
    func removeOldNotices() {
        let folder = Notice.folder(in: settings.folder)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
            guard let notice = Notice(fileName: name),
                !FileManager.default.fileExists(atPath: RunFolder(notice.id, in: runsFolder).url.path)
            else { continue }
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
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
        if run.result?.status == nil {
            showProgress(of: id, isFinal: true)
        }
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
