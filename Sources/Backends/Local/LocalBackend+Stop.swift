import Foundation
import Jobs
import Logging
import Platform

extension LocalBackend {
    /// Ends all that runs of a run and returns when nothing is left.
    func endReplicas(of id: RunID) async {
        guard let run = runs[id] else { return }
        do {
            try run.folder.markEnding(attempt: run.attempt)
        } catch {
            logger.error("a run's folder can't be written", metadata: ["run": "\(id)", "error": "\(error)"])
        }
        runs[id]?.refreshAll()
        for replica in runs[id]?.replicas.values ?? [:].values where replica.isLive {
            replica.supervisor?.signal(SIGTERM)
        }
        await waitUntilSupervisorsAreGone(id)
        if runs[id]?.replicas.values.contains(where: \.hasVanished) == true {
            await killStrays(of: run)
        }
        if let run = runs[id] {
            ports.release(run.replicas.values.map(\.port))
        }
        changed.yield(id)
    }

    /// Waits for the supervisors, which end their replicas within the grace period; one that does not is killed.
    private func waitUntilSupervisorsAreGone(_ id: RunID) async {
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
            // A supervisor that an earlier service started is nobody's child here: its end can only be looked for.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
            runs[id]?.refreshAll()
        }
    }

    /// Kills what replicas left behind without their supervisors: they are known by a variable in their environment.
    private func killStrays(of run: LiveRun) async {
        let folders = run.replicas.keys.map { BaseEnvironment.mark(run.folder.replica($0, attempt: run.attempt)) }
        while true {
            let strays = ProcessTable.all(with: BaseEnvironment.marker, in: Set(folders))
            guard !strays.isEmpty else { return }
            for pid in strays {
                kill(pid, SIGKILL)
            }
            // A process that is being killed goes when the kernel lets it.
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
