import Foundation
import Jobs
import Platform

/// What the backend holds of a run in memory; all of it can be read from the run's folder again.
struct LiveRun: Sendable {
    var request: RunRequest
    let folder: RunFolder
    /// 0 before the first.
    var attempt: Int
    var isStopped = false
    var result: RunFolder.Result?
    /// What the runtime is waiting for, in words.
    var preparation = ""
    /// Whether it could not be written, and is to be begun by a later look.
    var waitsForRoom = false
    /// The replicas' folders for which this service has started a supervisor that has not ended.
    var supervised: Set<String> = []
    /// By name; empty before the attempt has begun.
    var replicas: [String: Replica] = [:]

    /// One replica of the newest attempt.
    struct Replica: Sendable {
        let port: UInt16
        var supervisor: ProcessIdentity?
        var child: ChildRecord?
        /// Whether the supervisor lived, and so something of the replica may, before `exit` was read.
        var isLive: Bool
        var exit: ExitRecord?

        /// Whether it was begun and its end can't be known any more: the machine went down, or somebody killed the supervisor.
        var hasVanished: Bool { supervisor != nil && exit == nil && !isLive }
    }

    init(_ request: RunRequest, folder: RunFolder) {
        self.request = request
        self.folder = folder
        attempt = folder.newestAttempt()
    }

    /// Reads what the files say of one replica.
    mutating func refresh(_ name: String) {
        let files = folder.replica(name, attempt: attempt)
        guard let order = files.order else { return }
        let supervisor = files.supervisor?.process
        // Asked before the exit is read: a supervisor writes the exit before it ends, so one that was dead has written it.
        let isLive = supervisor?.isAlive ?? false
        replicas[name] = Replica(
            port: order.port,
            supervisor: supervisor,
            child: files.child,
            isLive: isLive,
            exit: files.exit
        )
    }

    /// Reads what the files say of every replica.
    mutating func refreshAll() {
        for status in RunStatus(pending: request.job).replicas {
            refresh(status.name)
        }
    }

    /// Whether something of it runs, or may be about to.
    var isLive: Bool { !supervised.isEmpty || replicas.values.contains(where: \.isLive) }

    /// Whether every replica of the attempt was begun.
    var isUp: Bool { replicas.count == request.job.replicaCount && replicas.values.allSatisfy { $0.supervisor != nil } }
}
