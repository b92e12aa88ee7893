import Foundation
import Jobs
import Platform

/// What is kept of the ended processes of a replica, over all attempts.
struct EndedProcesses: Sendable {
    /// How the newest of them ended.
    private(set) var lastExit: ReplicaExit?
    private(set) var usage: ReplicaUsage?

    /// Adds a process that has ended.
    ///
    /// - Parameters:
    ///   - exit: its record; nil if it was lost.
    ///   - start: when it started; nil if it could not be started.
    ///   - gpus: how many GPUs it had.
    mutating func add(_ exit: ExitRecord?, start: Date?, gpus: Int) {
        lastExit = exit.map(ReplicaExit.init) ?? .lost
        guard let exit else { return }
        let seconds = start.map { max(0, exit.endTime.timeIntervalSince($0)) } ?? 0
        var sum = usage ?? ReplicaUsage()
        sum.add(
            ReplicaUsage(
                cpuSeconds: exit.cpuSeconds,
                peakMemory: exit.peakMemory,
                gpuSeconds: Double(gpus) * seconds
            )
        )
        usage = sum
    }
}

extension ReplicaExit {
    fileprivate init(_ exit: ExitRecord) {
        self.init(
            time: exit.endTime,
            code: exit.fault == nil ? exit.code : nil,
            detail: exit.fault
                ?? (exit.wasStopped
                    ? "" : ReplicaFailure.Cause.detail(code: exit.code, outOfMemory: exit.outOfMemory)),
            wasStopped: exit.wasStopped
        )
    }

    /// The end of a process that nobody recorded.
    static let lost = ReplicaExit(time: nil, code: nil, detail: "lost, because its supervisor or the machine went down")
}

extension LiveRun {
    /// The ended processes of a replica in the attempts before one, from their files.
    func endedProcesses(of name: String, before attempt: Int) -> EndedProcesses {
        var ended = EndedProcesses()
        for number in folder.attempts() where number < attempt {
            let files = folder.replica(name, attempt: number)
            guard let order = files.order, files.supervisor != nil else { continue }
            ended.add(files.exit, start: files.child?.startTime, gpus: gpus(of: order.type))
        }
        return ended
    }

    /// How many GPUs each replica of a type has.
    func gpus(of type: ReplicaType) -> Int {
        request.job.replicas.first { $0.type == type }?.resource.gpu ?? 0
    }
}

extension RunFolder {
    /// Reads the interpreter and the packages of the run; nil if they are not recorded.
    func environment() -> RunEnvironment? {
        try? RecordFile.readRecord(url.appendingPathComponent("environment.json"))
    }

    func write(_ environment: RunEnvironment) throws {
        let bytes = try JSONEncoder().encode(environment)
        try DurableFile.writeUnsynced(Array(bytes), to: url.appendingPathComponent("environment.json").path)
    }
}

extension LocalBackend {
    /// Records the interpreter and the packages of a run, once, beside its start.
    func recordEnvironment(of id: RunID, _ interpreter: String) {
        guard runs[id] != nil, runs[id]?.environment == nil else { return }
        // The service does not wait for this task when it ends.
        Task { [environments, weak self] in
            if let environment = await environments.readEnvironment(of: interpreter) {
                await self?.keep(environment, of: id)
            }
        }
    }

    private func keep(_ environment: RunEnvironment, of id: RunID) {
        guard let run = runs[id] else { return }
        // Without the file, a restart of the service before the next observation loses it.
        try? run.folder.write(environment)
        runs[id]?.environment = environment
        changed.yield(id)
    }
}
