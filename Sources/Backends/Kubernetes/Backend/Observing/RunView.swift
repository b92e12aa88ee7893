import Jobs
import KubernetesClient

/// All that is known of a run on its cluster.
struct RunView: Sendable {
    let id: RunID
    /// Nil where only pods or Jobs are left of it.
    var anchor: AnchorObject?
    /// By name.
    var jobs: [String: BatchJobObject] = [:]
    /// By uid; those too that ended and are gone, as long as the run is there: their exit codes and their number tell of it.
    var pods: [String: PodObject] = [:]
    /// What the anchor says was started.
    var job: Job?
    /// How the run ended, by what we wrote down; nil where it did not, or where the object's own status says it.
    var result: RunStatus?

    init(_ id: RunID) {
        self.id = id
    }

    var isEmpty: Bool { anchor == nil && jobs.isEmpty && pods.isEmpty }

    /// Whether an attempt was given up for a later one.
    func isPast(_ attempt: Int) -> Bool { attempt < anchor?.attempt.number ?? 0 }

    /// The replicas as their pods show them, in the order of the job's groups.
    func replicas(of job: Job) -> [ReplicaStatus] {
        var byReplica: [String: [PodObject]] = [:]
        for pod in pods.values {
            guard let type = pod.type, let index = pod.index else { continue }
            byReplica["\(type.rawValue)-\(index)", default: []].append(pod)
        }
        let attempt = anchor?.attempt.number ?? 0
        return RunStatus(pending: job).replicas.map { replica in
            var status = Self.status(of: replica, byReplica[replica.name] ?? [])
            status.restartCount += attempt
            return status
        }
    }

    /// The newest pod of a replica, by ``ReplicaStatus/name``; nil where it has none.
    func pod(of replica: String) -> PodObject? {
        pods.values.filter { pod in
            guard let type = pod.type, let index = pod.index else { return false }
            return "\(type.rawValue)-\(index)" == replica
        }.max { $1.isNewer(than: $0) }
    }

    /// The newest pod of a replica counts, and those before it were restarts.
    private static func status(of replica: ReplicaStatus, _ pods: [PodObject]) -> ReplicaStatus {
        let sorted = pods.sorted { $0.isNewer(than: $1) }
        guard let pod = sorted.first else { return replica }
        var status = replica
        status.state = pod.state
        status.startTime = pod.startTime
        status.exitCode = pod.exitCode
        status.node = pod.nodeName
        status.restartCount = pods.reduce(pods.count - 1) { $0 + ($1.training?.restartCount ?? 0) }
        return status
    }

    /// The first replica, by the job's order, of which there is something to say.
    func waitingReason(of job: Job) -> (reason: String, message: String)? {
        for replica in RunStatus(pending: job).replicas {
            let pod = pods.values.first { $0.type == replica.type && $0.index == replica.index && $0.state == .pending }
            if let found = pod?.waitingReason {
                return (found.reason, "\(replica.name) \(found.message)")
            }
        }
        return nil
    }
}

extension PodObject {
    /// Of two pods of one replica the one that ended is older; of two others, the one that was seen last is newer.
    fileprivate func isNewer(than other: PodObject) -> Bool {
        let (isOver, otherIsOver) = (state.isOver, other.state.isOver)
        if isOver != otherIsOver { return otherIsOver }
        let (time, otherTime) = (startTime, other.startTime)
        if let time, let otherTime, time != otherTime { return time > otherTime }
        return (metadata.resourceVersion.count, metadata.resourceVersion)
            > (other.metadata.resourceVersion.count, other.metadata.resourceVersion)
    }
}

extension ReplicaStatus.State {
    var isOver: Bool { self == .succeeded || self == .failed }
}
