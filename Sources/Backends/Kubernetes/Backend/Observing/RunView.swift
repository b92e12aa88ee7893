import Foundation
import Jobs
import KubernetesClient

/// The known objects of a run, and the status that follows from them.
struct RunView: Sendable {
    let id: RunID
    /// Nil if only pods or Jobs are left of the run.
    var anchor: AnchorObject?
    /// The Jobs by name.
    var jobs: [String: BatchJobObject] = [:]
    /// The pods by uid. Ended pods stay while the anchor exists, because they have exit codes and count as restarts.
    var pods: [String: PodObject] = [:]
    /// The job in the anchor's annotation.
    var job: Job?
    /// The result in the anchor's annotation; nil if the run is open, or if the anchor's own status has it.
    var result: RunStatus?

    /// The anchor's annotations as we wrote them or first saw them.
    var marks: [String: String]?
    /// Whether somebody changed or removed our labels or annotations of the anchor.
    var hasAlteredMarks = false
    /// Whether the watch no longer shows the anchor. It was deleted, or somebody removed its labels.
    var isSuspect = false
    /// Whether pods that were deleted ended the run by themselves, because the namespace stays.
    var isDeletionConfirmed = false

    init(_ id: RunID) {
        self.id = id
    }

    /// The rules that the run is judged by to its end.
    func rules(of job: Job) -> RunRules { RunRules(job, defaults: anchor?.defaults ?? .current) }

    var isEmpty: Bool { anchor == nil && jobs.isEmpty && pods.isEmpty }

    /// Whether a later attempt has replaced this one.
    func isPast(_ attempt: Int) -> Bool { attempt < anchor?.attempt.number ?? 0 }

    /// The replicas' states by their pods, in the order of the job's groups.
    func replicas(of job: Job) -> [ReplicaStatus] {
        let byReplica = Dictionary(grouping: pods.values, by: \.replica)
        let attempt = anchor?.attempt.number ?? 0
        var unseen = UnseenReplicas(self, job, seen: byReplica)
        return RunStatus(pending: job).replicas.map { replica in
            var status = Self.status(of: replica, byReplica[replica.name] ?? [])
            if byReplica[replica.name] == nil, let state = unseen.takeState(of: replica) {
                status.state = state
            }
            status.restartCount += attempt
            return status
        }
    }

    /// The newest pod of a replica, by ``ReplicaStatus/name``; nil if it has none.
    func pod(of replica: String) -> PodObject? {
        pods.values.filter { $0.replica == replica }.max { $1.isNewer(than: $0) }
    }

    /// The state of a replica's newest pod; each earlier pod is a restart.
    private static func status(of replica: ReplicaStatus, _ pods: [PodObject]) -> ReplicaStatus {
        let sorted = pods.sorted { $0.isNewer(than: $1) }
        guard let pod = sorted.first else { return replica }
        var status = replica
        status.state = pod.state
        status.startTime = pod.startTime
        status.exitCode = pod.exitCode
        status.node = pod.nodeName
        status.restartCount = pods.reduce(pods.count - 1) { $0 + ($1.training?.restartCount ?? 0) }
        status.lastExit = pods.compactMap(\.lastExit).max { $0.time ?? .distantPast < $1.time ?? .distantPast }
        return status
    }

    /// Why a replica doesn't run yet: the first reason in the order of the job's groups.
    func waitingReason(of job: Job) -> (reason: String, message: String)? {
        for replica in RunStatus(pending: job).replicas {
            if let found = pod(of: replica.name)?.waitingReason {
                return (found.reason, "\(replica.name) \(found.message)")
            }
        }
        return nil
    }

    /// Why a replica is started again and doesn't run yet: the end of its last pod.
    func replacementReason(of job: Job) -> (reason: String, message: String)? {
        for replica in replicas(of: job) where replica.state == .pending {
            let ended = pods.values.filter { $0.replica == replica.name && $0.state == .failed }
            guard let last = ended.max(by: { $1.isNewer(than: $0) }) else { continue }
            let failure = last.failure
            return (failure.reason, "\(replica.name) \(failure.text); it is started again")
        }
        return nil
    }
}

extension PodObject {
    /// Whether this pod of a replica is newer: an ended pod is older than an open one; otherwise the start time and the version decide.
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

/// The states of replicas whose pods aren't known, by the counts of their owner.
///
/// Pods come from another watch than their owner, and somebody may have removed their labels.
struct UnseenReplicas {
    /// How many replicas of a type have a state that no known pod has.
    private var left: [ReplicaType: [(state: ReplicaStatus.State, count: Int)]] = [:]
    private let jobs: [ReplicaType: BatchJobObject]

    init(_ run: RunView, _ job: Job, seen: [String?: [PodObject]]) {
        jobs = Dictionary(run.jobs.values.compactMap { job in job.type.map { ($0, job) } }) { first, _ in first }
        for group in job.replicas where group.count > 0 {
            let counts: [(ReplicaStatus.State, Int?)]
            if let status = run.anchor?.status?.replicaStatuses?[group.type.specName] ?? nil {
                counts = [(.running, status.active), (.succeeded, status.succeeded), (.failed, status.failed)]
            } else {
                counts = [(.running, jobs[group.type]?.status?.ready)]
            }
            left[group.type] = counts.compactMap { state, count in
                guard let count, count > 0 else { return nil }
                let known = (0..<group.count).count { index in
                    seen["\(group.type.rawValue)-\(index)"]?.contains { $0.state == state } == true
                }
                return (state, count - known)
            }
        }
    }

    /// Takes the state of a replica without a pod; nil if nothing says it.
    mutating func takeState(of replica: ReplicaStatus) -> ReplicaStatus.State? {
        if jobs[replica.type]?.hasCompleted(replica.index) == true { return .succeeded }
        guard let index = left[replica.type]?.firstIndex(where: { $0.count > 0 }) else { return nil }
        left[replica.type]?[index].count -= 1
        return left[replica.type]?[index].state
    }
}
