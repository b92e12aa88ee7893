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
        var watch = progress ?? savedProgress(deadline: deadline) ?? ProgressWatch(deadline: deadline)
        let cpuSeconds = ProcessTable.cpuSecondsByGroup()
        for (name, replica) in replicas {
            guard let child = replica.child, replica.exit == nil, replica.isLive else {
                watch.remove(name)
                continue
            }
            let log = folder.url.appendingPathComponent("\(name).log").path
            let attributes = try? FileManager.default.attributesOfItem(atPath: log)
            let sample = ProgressWatch.Sample(
                logBytes: LogFiles.startOfCurrentFile(name, in: folder) + (attributes?[.size] as? Int ?? 0),
                cpuSeconds: cpuSeconds[child.process.pid] ?? 0,
                lastOutput: attributes?[.modificationDate] as? Date
            )
            watch.record(sample, of: name, at: now)
        }
        steps.readReports(of: replicas.keys, leader: rules.leader, in: folder, at: now)
        if let step = steps.step {
            watch.recordStep(step, at: now)
        }
        progress = watch
        if let silent = watch.silentReplica(at: now), let replica = replicas[silent] {
            silence = ReplicaFailure(replica.type, replica.index, .noProgress, at: now)
        }
        if now.timeIntervalSince(progressSaved) >= watch.copyInterval {
            progressSaved = now
            saveProgress(watch)
        }
    }

    /// Reads the steps of the training and shows them, unless that was done a short time ago.
    ///
    /// - Parameters:
    ///   - interval: the least seconds between two changes. 0: show them in any case.
    ///   - user: the user of the replicas.
    mutating func showProgress(at now: Date, every interval: Double, _ user: ReplicaUser?) {
        guard interval == 0 || steps.isShowDue(at: now) else { return }
        let leader = rules.leader
        let isReported = steps.readReports(of: replicas.keys, leader: leader, in: folder, at: now)
        let folders = leader.map { request.job.folders(run: request.id.number, replica: $0) } ?? []
        if !isReported, let path = folders.first(where: { $0.key == "eventDir" })?.path, let startTime {
            // With the rights of the user, so that a job can't show files of somebody else.
            try? user.perform { steps.readEvents(in: path, since: startTime, at: now) }
        }
        steps.show(at: now, interval: interval)
    }

    private static let fileName = "progress.json"

    /// Keeps the watch for a restart of the service. Without the file, the watch begins again.
    private func saveProgress(_ watch: ProgressWatch) {
        let record = ProgressRecord(attempt: attempt, watch: watch.copy)
        guard let bytes = try? JSONEncoder().encode(record) else { return }
        try? DurableFile.writeUnsynced(Array(bytes), to: folder.url.appendingPathComponent(Self.fileName).path)
    }

    private func savedProgress(deadline: Int) -> ProgressWatch? {
        let record: ProgressRecord? = try? RecordFile.readRecord(folder.url.appendingPathComponent(Self.fileName))
        guard let record, record.attempt == attempt, record.watch.hasDeadline(deadline) else { return nil }
        return record.watch
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

/// The watch of a run on disk.
private struct ProgressRecord: Codable {
    /// The attempt that was the newest one. A restart begins a new watch.
    let attempt: Int
    let watch: ProgressWatch
}
