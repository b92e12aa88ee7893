import Foundation
import Jobs
import Logging
import Platform
import Subprocess
import SystemPackage

extension LocalBackend {
    /// Starts a task that prepares the runtime of a run and then starts all its replicas.
    func launchRun(_ id: RunID) {
        guard let attempt = runs[id]?.attempt else { return }
        launchAttempt(attempt, of: id, nil)
    }

    /// Starts a task that starts the replicas of a restart.
    func launchRestart(_ restart: RestartRecord, of id: RunID) {
        launchAttempt(restart.attempt, of: id, restart.replicas)
    }

    private func launchAttempt(_ attempt: Int, of id: RunID, _ names: [String]?) {
        guard runs[id]?.launching.insert(attempt).inserted == true else { return }
        Task {
            await self.startAttempt(attempt, of: id, names)
            runs[id]?.launching.remove(attempt)
            changed.yield(id)
        }
        changed.yield(id)
    }

    /// - Parameter names: the replicas to start. Nil: all, on new ports.
    private func startAttempt(_ attempt: Int, of id: RunID, _ names: [String]?) async {
        /// The run, or nil if it was stopped or ended while this function waited.
        func current() -> LiveRun? {
            runs[id].flatMap { $0.attempt >= attempt && $0.launching.contains(attempt) && $0.isOpen ? $0 : nil }
        }
        guard let run = current() else { return }
        do throws(RuntimeError) {
            let interpreter = try await prepareInterpreter(of: run)
            // A run of an earlier version works in the shared code.
            let isShared = run.defaults == .replicaScope
            let user = settings.users[id.key.cluster]
            let own = isShared ? run.request : try await CodeCopy.prepare(for: run.request, in: run.folder, user)
            guard let run = current() else { return }
            runs[id]?.preparation = ""
            runs[id]?.installation = nil
            if run.folder.hasAttempt(attempt) {
                runs[id]?.refreshReplicas()
            } else {
                try user?.checkAccess(to: [interpreter, run.folder.url.path])
                let launch = try ReplicaLaunch(own, folder: run.folder, interpreter: interpreter, user: user)
                try writeOrders(launch, of: run, attempt, names)
            }
            startSupervisors(of: id)
            recordEnvironment(of: id, interpreter)
        } catch {
            guard let run = current() else { return }
            guard !error.mayHeal else {
                // The next check of all runs tries again.
                runs[id]?.preparation = error.message
                return
            }
            guard run.hasStarted else { return withdrawRun(id, error.message) }
            concludeRun(id, .init(phase: .failed, reason: "NotStarted", message: error.message, completionTime: Date()))
        }
    }

    /// Returns the interpreter of a run, and creates its virtual environment if necessary.
    ///
    /// A run that goes on keeps the interpreter that it started with, although the configuration or this program may
    /// choose another one by now.
    private func prepareInterpreter(of run: LiveRun) async throws(RuntimeError) -> String {
        if let known = run.interpreter, await runtimes.reuse(known) { return known }
        let id = run.request.id
        let spec = try RuntimeSpec(run.request, settings)
        runs[id]?.installation = runtimes.environment(spec)
        if let preparation = await runtimes.preparation(of: spec) {
            runs[id]?.preparation = preparation
            changed.yield(id)
        }
        return try await runtimes.interpreter(for: spec)
    }

    /// Forgets an accepted run of which nothing has started. The service starts it again, and then it is refused.
    private func withdrawRun(_ id: RunID, _ message: String) {
        guard let run = runs[id] else { return }
        logger.warning("a run can't start", metadata: ["run": "\(id)", "message": "\(message)"])
        do {
            try FileManager.default.removeItem(at: run.folder.url)
        } catch {
            runs[id]?.preparation = message
            logger.error("a run's folder can't be removed", metadata: ["run": "\(id)", "error": "\(error)"])
            return
        }
        runs[id] = nil
        timers.removeCheck(of: id)
    }

    /// Chooses the ports as late as possible and writes the orders of the replicas.
    private func writeOrders(
        _ launch: ReplicaLaunch,
        of run: LiveRun,
        _ attempt: Int,
        _ names: [String]?
    ) throws(RuntimeError) {
        let replicas = RunStatus(pending: run.request.job).replicas
        // The peers of a replica that restarts alone know its port.
        var known = run.replicas.mapValues(\.port)
        if names == nil || known.count < replicas.count {
            guard let free = ports.takePorts(replicas.count) else {
                throw RuntimeError("no \(replicas.count) ports are free in \(settings.ports)", mayHeal: true)
            }
            known = Dictionary(uniqueKeysWithValues: zip(replicas.map(\.name), free))
            ports.releasePorts(run.heldPorts)
            runs[run.request.id]?.heldPorts = free
        }
        do {
            let orders = try launch.orders(
                of: replicas.filter { names?.contains($0.name) ?? true },
                ports: known,
                attempt: attempt,
                rules: run.rules,
                settings: settings,
                groups: controlGroups
            )
            try run.folder.writeAttempt(attempt, orders: orders)
        } catch {
            throw RuntimeError("the run can't be written below \(run.folder.url.path): \(error)", mayHeal: true)
        }
        runs[run.request.id]?.adoptAttempt(attempt, names ?? replicas.map(\.name))
    }

    /// Tries again to launch a run whose files the service or a supervisor could not write.
    func retryLaunch(_ run: LiveRun) {
        let id = run.request.id
        guard run.launching.isEmpty, run.endings.isEmpty else { return }
        if run.awaitsLaunch {
            launchRun(id)
        } else if !run.replicas.isEmpty, !run.isUp {
            startSupervisors(of: id)
        }
    }

    /// Starts a supervisor for each replica that does not have one yet.
    private func startSupervisors(of id: RunID) {
        guard let run = runs[id] else { return }
        for (name, replica) in run.replicas.sorted(by: { $0.key < $1.key }) where replica.supervisor == nil {
            let folder = run.folder.replica(name, attempt: replica.attempt).url.path
            guard runs[id]?.supervised[folder] == nil else { continue }
            runs[id]?.supervised[folder] = replica.attempt
            // The service does not wait for this task when it ends: the supervisor outlives the service by design.
            Task {
                [
                    supervisor, files = run.folder.replica(name, attempt: replica.attempt),
                    weak self
                ] in
                try? files.prepareLaunch()
                let fault = await Self.runSupervisor(supervisor, folder: folder)
                await self?.handleSupervisorEnd(id, name, folder: folder, fault: fault)
            }
        }
    }

    /// Runs a supervisor in its own session and returns when the supervisor has ended.
    ///
    /// - Returns: the reason if the supervisor could not be started, else nil.
    private static func runSupervisor(_ program: HeldProgram, folder: String) async -> String? {
        var options = PlatformOptions()
        options.createSession = true
        do {
            _ = try await Subprocess.run(
                .path(FilePath(program.path)),
                arguments: Arguments(executablePathOverride: program.name, remainingValues: ["supervise", folder]),
                workingDirectory: "/",
                platformOptions: options,
                input: .none,
                output: .discarded,
                error: .discarded
            )
            return nil
        } catch {
            return "\(program.name) could not be started: \(error)"
        }
    }

    private func handleSupervisorEnd(_ id: RunID, _ name: String, folder: String, fault: String?) async {
        runs[id]?.supervised[folder] = nil
        controlGroups?.removeEmptyGroups()
        if let fault, runs[id]?.isOpen == true {
            // The next check of all runs tries again.
            logger.error("a supervisor can't be started", metadata: ["run": "\(id)", "error": "\(fault)"])
            runs[id]?.preparation = fault
            changed.yield(id)
        }
        await checkReplica(name, of: id)
    }
}
