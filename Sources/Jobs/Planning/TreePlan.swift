/// The actions that lead from one tree to another. A pure function of both trees.
public struct TreePlan: Sendable {
    /// The action for one job that differs.
    public struct Action: Sendable {
        /// The job.
        public let key: JobKey
        /// The kind of the action.
        public let kind: ActionKind
        /// The older definition; nil if there was no valid one.
        public let before: Job?
        /// The newer definition; nil if there is no valid one.
        public let after: Job?
        /// The changed fields; empty for a hold.
        public let changes: [FieldChange]
    }

    /// The total resources of a partition's jobs.
    public struct Resources: Sendable {
        /// The cluster's id.
        public let cluster: String
        /// The partition, within the cluster.
        public let partition: String
        /// With the older tree.
        public let before: ResourceSum
        /// With the newer tree. A held job needs the same as before.
        public let after: ResourceSum
    }

    /// Sorted by key.
    public let actions: [Action]
    /// The resources of every partition with an action, sorted.
    public let resources: [Resources]

    /// Plans the change from one tree to another.
    ///
    /// - Parameters:
    ///   - old: the jobs of the older tree, at least of every partition with a change.
    ///   - new: the jobs of the newer tree, at least of every partition with a change.
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
            sums[PartitionKey(of: key)]?.before.addJob(job)
            if new[key] == .invalid || new[key] == .kept {
                sums[PartitionKey(of: key)]?.after.addJob(job)
            }
        }
        for (key, job) in new {
            guard let job = job.job else { continue }
            sums[PartitionKey(of: key)]?.after.addJob(job)
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
    /// The definition; nil if there is no valid one.
    fileprivate var job: Job? {
        guard case .valid(let job) = self else { return nil }
        return job
    }
}

/// The total resources of several jobs. Sums saturate instead of overflowing.
public struct ResourceSum: Hashable, Sendable {
    /// In thousandths of a core.
    public private(set) var millicores = 0
    /// In bytes.
    public private(set) var memory = 0
    /// Whole GPUs.
    public private(set) var gpus = 0

    /// Nothing yet.
    public init() {}

    /// Adds the resources of a job. A suspended job needs none.
    public mutating func addJob(_ job: Job) {
        guard !job.effectiveRunPolicy.isSuspended else { return }
        for group in job.replicas {
            addReplicas(count: group.count, of: group.resource)
        }
    }

    /// Adds the resources of several equal replicas.
    public mutating func addReplicas(count: Int, of resources: Resources) {
        millicores.addProduct(of: count, times: resources.cpu.millicores)
        memory.addProduct(of: count, times: resources.memory.bytes)
        gpus.addProduct(of: count, times: resources.gpu)
    }
}

extension ResourceSum: Encodable {
    private enum Key: String, CodingKey {
        case cpu, memory, gpu
    }

    /// Writes strings as in a job file: cores with three decimals, memory with the largest unit without a remainder.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(cpuText, forKey: .cpu)
        try container.encode(memoryText, forKey: .memory)
        try container.encode(String(gpus), forKey: .gpu)
    }

    /// `2.500`, in cores.
    public var cpuText: String { CPUQuantity(millicores: millicores).description }

    /// The memory with the unit that gives the smallest whole number, for example `900Gi` or `64M`. Never rounded.
    public var memoryText: String {
        let binary = Self.scaled(memory, by: 1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
        let decimal = Self.scaled(memory, by: 1000, ["", "k", "M", "G", "T", "P", "E"])
        let (number, unit) = decimal.number < binary.number ? decimal : binary
        return "\(number)\(unit)"
    }

    /// Divides a number by a base while there is no remainder.
    private static func scaled(_ number: Int, by base: Int, _ units: [String]) -> (number: Int, unit: String) {
        var (number, unit) = (number, 0)
        while number > 0, number % base == 0, unit < units.count - 1 {
            number /= base
            unit += 1
        }
        return (number, units[unit])
    }
}

extension Int {
    fileprivate mutating func addProduct(of count: Int, times size: Int) {
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        let (sum, overflowsToo) = addingReportingOverflow(product)
        self = overflows || overflowsToo ? .max : sum
    }
}
