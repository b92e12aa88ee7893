import Foundation
import Jobs
import Logging
import Platform
import Subprocess
import SystemPackage

extension LocalBackend {
    /// Starts a task that prepares the runtime of a run and then starts its replicas.
    func launchRun(_ id: RunID) {
        guard let attempt = runs[id]?.attempt else { return }
        Task { await self.startAttempt(id, attempt: attempt) }
        changed.yield(id)
    }

    private func startAttempt(_ id: RunID, attempt: Int) async {
        /// The run, or nil if it was stopped or restarted while this function waited.
        func current() -> LiveRun? {
            runs[id].flatMap { $0.attempt == attempt && !$0.isStopped ? $0 : nil }
        }
        guard let run = current() else { return }
        do throws(RuntimeError) {
            let runtime = RuntimeStore.Request(run.request, settings)
            if await !runtimes.isReady(runtime) {
                runs[id]?.preparation = "installing \(runtime.runtime); the first time takes minutes"
                changed.yield(id)
            }
            let interpreter = try await runtimes.interpreter(for: runtime)
            guard let run = current() else { return }
            if run.replicas.isEmpty {
                try writeOrders(of: run, interpreter: interpreter)
            }
            startSupervisors(of: id)
        } catch {
            guard current() != nil else { return }
            guard !error.mayHeal else {
                // The next check of all runs tries again.
                runs[id]?.preparation = error.message
                runs[id]?.waitsForRoom = true
                changed.yield(id)
                return
            }
            concludeRun(id, .failed(reason: "NotStarted", message: error.message))
        }
    }

    /// Chooses the ports as late as possible and writes the orders of all replicas.
    private func writeOrders(of run: LiveRun, interpreter: String) throws(RuntimeError) {
        let launch = try ReplicaLaunch(run.request, folder: run.folder, interpreter: interpreter)
        guard let ports = ports.takePorts(run.request.job.replicaCount) else {
            throw RuntimeError("no \(run.request.job.replicaCount) ports are free in \(settings.ports)")
        }
        do {
            let orders = try launch.orders(ports: ports, attempt: run.attempt, settings: settings)
            try run.folder.writeAttempt(run.attempt, orders: orders)
        } catch {
            self.ports.releasePorts(ports)
            throw RuntimeError("the run can't be written below \(run.folder.url.path): \(error)", mayHeal: true)
        }
        runs[run.request.id]?.refreshReplicas()
    }

    /// Tries again to launch a run whose files the service or a supervisor could not write.
    func retryLaunch(_ run: LiveRun) {
        if run.waitsForRoom {
            runs[run.request.id]?.waitsForRoom = false
            launchRun(run.request.id)
        } else if !run.replicas.isEmpty, !run.isUp {
            startSupervisors(of: run.request.id)
        }
    }

    /// Starts a supervisor for each replica that does not have one yet.
    private func startSupervisors(of id: RunID) {
        guard let run = runs[id] else { return }
        for (name, replica) in run.replicas.sorted(by: { $0.key < $1.key }) where replica.supervisor == nil {
            let folder = run.folder.replica(name, attempt: run.attempt).url.path
            guard !run.supervised.contains(folder) else { continue }
            runs[id]?.supervised.insert(folder)
            // The service does not wait for this task when it ends: the supervisor outlives the service by design.
            Task { [executable = settings.executable, weak self] in
                let fault = await Self.runSupervisor(executable, folder: folder)
                await self?.handleSupervisorEnd(id, name, folder: folder, fault: fault)
            }
        }
    }

    /// Runs a supervisor in its own session and returns when the supervisor has ended.
    ///
    /// - Returns: the reason if the supervisor could not be started, else nil.
    private static func runSupervisor(_ executable: String, folder: String) async -> String? {
        var options = PlatformOptions()
        options.createSession = true
        do {
            _ = try await Subprocess.run(
                .path(FilePath(executable)),
                arguments: ["supervise", folder],
                workingDirectory: "/",
                platformOptions: options,
                input: .none,
                output: .discarded,
                error: .discarded
            )
            return nil
        } catch {
            return "\(executable) could not be started: \(error)"
        }
    }

    private func handleSupervisorEnd(_ id: RunID, _ name: String, folder: String, fault: String?) async {
        runs[id]?.supervised.remove(folder)
        if let fault, runs[id]?.result == nil {
            concludeRun(id, .failed(reason: "NotStarted", message: fault))
        }
        await checkReplica(name, of: id)
    }
}

extension LocalBackend {
    /// Ends all replicas of a run and returns when none of their processes is left.
    func endReplicas(of id: RunID) async {
        guard let run = runs[id] else { return }
        do {
            try run.folder.markEnding(attempt: run.attempt)
        } catch {
            logger.error("a run's folder can't be written", metadata: ["run": "\(id)", "error": "\(error)"])
        }
        runs[id]?.refreshReplicas()
        for replica in runs[id]?.replicas.values ?? [:].values where replica.isLive {
            replica.supervisor?.signal(SIGTERM)
        }
        await waitForSupervisors(of: id)
        if runs[id]?.replicas.values.contains(where: \.hasVanished) == true {
            await killStrays(of: run)
        }
        if let run = runs[id] {
            ports.releasePorts(run.replicas.values.map(\.port))
        }
        changed.yield(id)
    }

    /// Waits for the supervisors, which end their replicas within the grace period. Kills a supervisor that takes
    /// longer.
    private func waitForSupervisors(of id: RunID) async {
        let clock = ContinuousClock()
        let deadline = clock.now + settings.gracePeriod + .seconds(5)
        var pause = Duration.milliseconds(5)
        while let run = runs[id], run.isLive {
            if clock.now > deadline {
                for replica in run.replicas.values where replica.isLive {
                    replica.child?.process.signal(SIGKILL, group: true)
                    replica.supervisor?.signal(SIGKILL)
                }
            }
            // A supervisor that an earlier service started is not a child of this process, so only polling finds its
            // end.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
            runs[id]?.refreshReplicas()
        }
    }

    /// Kills processes that outlived their supervisors. A variable in their environment identifies them.
    private func killStrays(of run: LiveRun) async {
        let folders = run.replicas.keys.map { run.folder.replica($0, attempt: run.attempt).url.path }
        while true {
            let strays = ProcessTable.processes(with: BaseEnvironment.marker, in: Set(folders))
            guard !strays.isEmpty else { return }
            for pid in strays {
                kill(pid, SIGKILL)
            }
            // The kernel may need some time to remove a killed process.
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
