import Foundation
import Jobs
import Platform
import Subprocess
import SystemPackage

extension LocalBackend {
    /// Starts the task that makes a run's runtime ready and starts its replicas.
    func bringUp(_ id: RunID) {
        guard let attempt = runs[id]?.attempt else { return }
        Task { await self.carryOut(id, attempt: attempt) }
        changed.yield(id)
    }

    private func carryOut(_ id: RunID, attempt: Int) async {
        /// The run, unless it was stopped or begun anew while something was awaited.
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
                try begin(run, interpreter: interpreter)
            }
            startSupervisors(of: id)
        } catch {
            guard current() != nil else { return }
            guard !error.mayHeal else {
                // The next look at all runs tries again.
                runs[id]?.preparation = error.message
                runs[id]?.waitsForRoom = true
                changed.yield(id)
                return
            }
            conclude(id, .failed(reason: "NotStarted", message: error.message))
        }
    }

    /// Chooses the ports, as late as can be, and writes the orders of all replicas.
    private func begin(_ run: LiveRun, interpreter: String) throws(RuntimeError) {
        let launch = try ReplicaLaunch(run.request, folder: run.folder, interpreter: interpreter)
        guard let ports = ports.take(run.request.job.replicaCount) else {
            throw RuntimeError("no \(run.request.job.replicaCount) ports are free in \(settings.ports)")
        }
        do {
            let orders = try launch.orders(ports: ports, attempt: run.attempt, settings: settings)
            try run.folder.begin(attempt: run.attempt, orders: orders)
        } catch {
            self.ports.release(ports)
            throw RuntimeError("the run can't be written below \(run.folder.url.path): \(error)", mayHeal: true)
        }
        runs[run.request.id]?.refreshAll()
    }

    /// Goes on with a run whose begin could not be written, or whose supervisors could not write that they are there.
    func goOn(_ run: LiveRun) {
        if run.waitsForRoom {
            runs[run.request.id]?.waitsForRoom = false
            bringUp(run.request.id)
        } else if !run.replicas.isEmpty, !run.isUp {
            startSupervisors(of: run.request.id)
        }
    }

    /// Starts a supervisor for each replica that has none yet.
    private func startSupervisors(of id: RunID) {
        guard let run = runs[id] else { return }
        for (name, replica) in run.replicas.sorted(by: { $0.key < $1.key }) where replica.supervisor == nil {
            let folder = run.folder.replica(name, attempt: run.attempt).url.path
            guard !run.supervised.contains(folder) else { continue }
            runs[id]?.supervised.insert(folder)
            // Nobody waits for this task to end before the service does: the supervisor outlives the service by design.
            Task { [executable = settings.executable, weak self] in
                let fault = await Self.runSupervisor(executable, folder: folder)
                await self?.supervisorEnded(id, name, folder: folder, fault: fault)
            }
        }
    }

    /// Runs a supervisor in a session of its own and returns when it has ended.
    ///
    /// - Returns: why it could not be started; nil where it was.
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

    private func supervisorEnded(_ id: RunID, _ name: String, folder: String, fault: String?) async {
        runs[id]?.supervised.remove(folder)
        if let fault, runs[id]?.result == nil {
            conclude(id, .failed(reason: "NotStarted", message: fault))
        }
        await look(at: id, name)
    }
}
