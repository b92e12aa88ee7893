/// What a service that has carried out one tree does when it gets another: a pure function of both.
public struct TreePlan: Sendable {
    /// One job that differs.
    public struct Action: Sendable {
        /// The job.
        public let key: JobKey
        /// What is done to it.
        public let kind: ActionKind
        /// What it was before; nil where nothing usable was there.
        public let before: Job?
        /// What it becomes; nil where nothing usable is there.
        public let after: Job?
        /// Field by field; empty for a hold.
        public let changes: [FieldChange]
    }

    /// What the jobs of a partition need together.
    public struct Resources: Sendable {
        /// The cluster's id.
        public let cluster: String
        /// The partition, within the cluster.
        public let partition: String
        /// With the older tree.
        public let before: ResourceSum
        /// With the newer tree; a job that is held needs what it needed before.
        public let after: ResourceSum
    }

    /// Sorted by key.
    public let actions: [Action]
    /// Of every partition that an action touches, sorted.
    public let resources: [Resources]

    /// Plans the way from one tree to another.
    ///
    /// - Parameters:
    ///   - old: the jobs of the older tree, at least those of every partition in which something differs.
    ///   - new: the jobs of the newer tree, likewise.
    ///   - changed: the jobs whose file differs.
    public init(from old: [JobKey: DesiredJob], to new: [JobKey: DesiredJob], changed: Set<JobKey>) throws {
        var actions: [Action] = []
        for key in changed.sorted() {
            let (before, after) = (old[key]?.job, new[key]?.job)
            let applied = before.map { AppliedJob(job: $0, run: 1) }
            guard let kind = Plan.action(desired: new[key] ?? .absent, applied: applied) else { continue }
            let changes = kind == .hold ? [] : try Job.changes(from: before, to: after)
            actions.append(Action(key: key, kind: kind, before: before, after: after, changes: changes))
        }
        self.actions = actions
        var sums: [PartitionKey: (before: ResourceSum, after: ResourceSum)] = [:]
        for action in actions {
            sums[PartitionKey(of: action.key)] = (ResourceSum(), ResourceSum())
        }
        for (key, job) in old {
            guard let job = job.job else { continue }
            sums[PartitionKey(of: key)]?.before.add(job)
            if new[key] == .invalid || new[key] == .kept {
                sums[PartitionKey(of: key)]?.after.add(job)
            }
        }
        for (key, job) in new {
            guard let job = job.job else { continue }
            sums[PartitionKey(of: key)]?.after.add(job)
        }
        resources = sums.sorted { $0.key < $1.key }.map { partition, sums in
            Resources(
                cluster: partition.cluster,
                partition: partition.partition,
                before: sums.before,
                after: sums.after
            )
        }
    }
}

extension DesiredJob {
    /// The definition, where there is a usable one.
    fileprivate var job: Job? {
        guard case .valid(let job) = self else { return nil }
        return job
    }
}
