import Jobs
import KubernetesClient

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
