import Foundation
import Jobs
import Platform

/// The state of a run in memory. The run's folder has all of it.
struct LiveRun: Sendable {
    var request: RunRequest
    let folder: RunFolder
    /// The number of the newest attempt. 0: there is none yet.
    var attempt: Int
    var isStopped = false
    var result: RunFolder.Result?
    /// A sentence that says what the run is waiting for before its replicas start.
    var preparation = ""
    /// Whether the run could not be written, so that a later check must launch it again.
    var waitsForRoom = false
    /// The folders of replicas whose supervisor was started by this service and has not ended.
    var supervised: Set<String> = []
    /// The replicas by name. Empty before the attempt is written.
    var replicas: [String: Replica] = [:]

    /// One replica of the newest attempt.
    struct Replica: Sendable {
        let port: UInt16
        var supervisor: ProcessIdentity?
        var child: ChildRecord?
        /// Whether the supervisor was alive before `exit` was read. Then processes of the replica may be alive too.
        var isLive: Bool
        var exit: ExitRecord?

        /// Whether the replica was started and its exit is lost: the machine went down, or somebody killed the
        /// supervisor.
        var hasVanished: Bool { supervisor != nil && exit == nil && !isLive }
    }

    init(_ request: RunRequest, folder: RunFolder) {
        self.request = request
        self.folder = folder
        attempt = folder.newestAttempt()
    }

    /// Reads the files of one replica.
    mutating func refreshReplica(_ name: String) {
        let files = folder.replica(name, attempt: attempt)
        guard let order = files.order else { return }
        let supervisor = files.supervisor?.process
        // Ask before the exit is read: a supervisor writes the exit before it ends, so a dead one has already written
        // it.
        let isLive = supervisor?.isAlive ?? false
        replicas[name] = Replica(
            port: order.port,
            supervisor: supervisor,
            child: files.child,
            isLive: isLive,
            exit: files.exit
        )
    }

    /// Reads the files of all replicas.
    mutating func refreshReplicas() {
        for status in RunStatus(pending: request.job).replicas {
            refreshReplica(status.name)
        }
    }

    /// Whether a process of the run is alive, or may start soon.
    var isLive: Bool { !supervised.isEmpty || replicas.values.contains(where: \.isLive) }

    /// Whether every replica of the attempt was started.
    var isUp: Bool { replicas.count == request.job.replicaCount && replicas.values.allSatisfy { $0.supervisor != nil } }
}

extension LiveRun {
    /// The status of the run for all views.
    ///
    /// - Parameter node: the machine's name.
    func status(node: String) -> RunStatus {
        var status = RunStatus(pending: request.job)
        status.replicas = status.replicas.map { self.status(of: $0, node: node) }
        status.startTime = replicas.values.compactMap { $0.child?.startTime }.min()
        if let result {
            status.phase = result.phase
            status.reason = result.reason
            status.message = result.message
            status.completionTime = result.completionTime
        } else if isStopped {
            status.phase = .suspended
        } else if status.startTime == nil {
            status.phase = .preparing
            status.message = preparation
        } else {
            status.phase = .running
        }
        return status
    }

    private func status(of replica: ReplicaStatus, node: String) -> ReplicaStatus {
        guard let known = replicas[replica.name] else { return replica }
        var status = replica
        status.node = node
        status.startTime = known.child?.startTime
        if let exit = known.exit {
            status.state = endState(exit)
            status.exitCode = exit.wasStopped ? nil : exit.code
        } else if known.hasVanished {
            status.state = .unknown
        } else if known.child != nil {
            status.state = .running
        }
        return status
    }

    /// The state of an ended replica. The exit code of a stopped replica has no meaning, so it gets the result of its
    /// run.
    private func endState(_ exit: ExitRecord) -> ReplicaStatus.State {
        guard exit.wasStopped else { return exit.code == 0 ? .succeeded : .failed }
        if isStopped && result == nil { return .pending }
        return result?.phase == .succeeded ? .succeeded : .failed
    }

    /// The verdict on the run, from the replicas that ended by themselves. Stopped replicas do not count as ended.
    var verdict: Verdict {
        let replicas = RunStatus(pending: request.job).replicas.map { replica in
            guard let exit = self.replicas[replica.name]?.exit, !exit.wasStopped else { return replica }
            var ended = replica
            ended.state = exit.code == 0 ? .succeeded : .failed
            ended.exitCode = exit.code
            return ended
        }
        let verdict = request.job.verdict(of: replicas)
        let fault = self.replicas.values.lazy.compactMap { $0.exit?.fault }.first
        guard case .failed = verdict, let fault else { return verdict }
        return .failed(reason: "NotStarted", message: fault)
    }
}
