import Foundation
import Jobs
import Platform

extension LiveRun {
    /// Samples the output and the processor time of the replicas that run, and records which one fell silent first if the
    /// run makes no progress.
    mutating func sampleProgress(at now: Date) {
        guard isOpen, endings.isEmpty, silence == nil,
            let deadline = rules.job.effectiveRunPolicy.progressDeadlineSeconds
        else { return }
        var watch = progress ?? ProgressWatch(deadline: deadline)
        let cpuSeconds = ProcessTable.cpuSecondsByGroup()
        for (name, replica) in replicas {
            guard let child = replica.child, replica.exit == nil, replica.isLive else {
                watch.remove(name)
                continue
            }
            let log = folder.url.appendingPathComponent("\(name).log").path
            let attributes = try? FileManager.default.attributesOfItem(atPath: log)
            let sample = ProgressWatch.Sample(
                logBytes: attributes?[.size] as? Int ?? 0,
                cpuSeconds: cpuSeconds[child.process.pid] ?? 0
            )
            watch.record(sample, of: name, at: now)
        }
        progress = watch
        if let silent = watch.silentReplica(at: now), let replica = replicas[silent] {
            silence = ReplicaFailure(replica.type, replica.index, .noProgress, at: now)
        }
    }

    /// Finds the replicas whose main process a signal such as SIGSTOP holds. Their peers fail because of them.
    mutating func findFrozenReplicas() {
        frozen = replicas.values.filter(\.isFrozen).map { ReplicaFailure($0.type, $0.index, .frozen, at: nil) }
    }
}

extension LiveRun.Replica {
    /// Whether a signal holds the main process; state `T` of
    /// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
    fileprivate var isFrozen: Bool {
        guard isLive, exit == nil, let process = child?.process, process.isAlive else { return false }
        return ProcessStat.of(process.pid)?.state == "T"
    }
}
