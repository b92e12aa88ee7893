import Foundation
import Jobs
import Logging
import Platform

extension LocalBackend {
    /// Ends all replicas of a run and returns when none of their processes is left.
    func endReplicas(of id: RunID, _ schedule: StopSchedule) async {
        guard let run = runs[id] else { return }
        // Meanwhile the run may be stopped and started again, and then it has other attempts and other ports.
        let (attempts, ports) = (run.currentAttempts, run.heldPorts)
        do {
            for attempt in attempts {
                try run.folder.markEnding(attempt: attempt, schedule)
            }
        } catch {
            logger.error("a run's folder can't be written", metadata: ["run": "\(id)", "error": "\(error)"])
        }
        runs[id]?.refreshReplicas()
        for replica in runs[id]?.replicas.values ?? [:].values
        where replica.isLive && attempts.contains(replica.attempt) {
            replica.supervisor?.signal(SIGTERM)
        }
        // A supervisor whose record the job has replaced gets no signal. It ends with its replica.
        await killVanished(of: id, attempts)
        await waitForSupervisors(of: id, attempts, schedule)
        await killVanished(of: id, attempts)
        if let run = runs[id], !run.isLive, run.launching.isEmpty {
            // Also what a replica put into the group of the run itself.
            controlGroups?.killRun(run.folder)
        }
        if runs[id]?.heldPorts == ports {
            runs[id]?.heldPorts = []
            self.ports.releasePorts(ports)
        }
        showProgress(of: id, isFinal: true)
        changed.yield(id)
    }

    /// Kills the processes of replicas that have no supervisor any more.
    private func killVanished(of id: RunID, _ attempts: Set<Int>) async {
        let vanished = runs[id]?.replicas.filter { $0.value.hasVanished && attempts.contains($0.value.attempt) }.keys
        if let vanished, !vanished.isEmpty {
            await killStrays(of: id, Set(vanished))
        }
    }

    /// Waits for the supervisors, which end their replicas by the schedule. Kills a supervisor that takes longer.
    private func waitForSupervisors(of id: RunID, _ attempts: Set<Int>, _ schedule: StopSchedule) async {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(schedule.kill + 5)
        var pause = Duration.milliseconds(5)
        while let run = runs[id], run.isLive(in: attempts) {
            if clock.now > deadline {
                for replica in run.replicas.values where replica.isLive && attempts.contains(replica.attempt) {
                    if let child = replica.child?.process, let supervisor = replica.supervisor,
                        ProcessStat.of(child.pid)?.parent == supervisor.pid
                    {
                        child.signal(SIGKILL, group: true)
                    }
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

    /// Kills processes that outlived their supervisors. Their control group or a variable in their environment
    /// identifies them.
    func killStrays(of id: RunID, _ names: Set<String>) async {
        guard let run = runs[id] else { return }
        let files = run.replicas.filter { names.contains($0.key) }.map { name, replica in
            run.folder.replica(name, attempt: replica.attempt)
        }
        for files in files {
            await controlGroups?.killReplica(files)
        }
        let folders = files.map(\.url.path)
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
