import Jobs

/// A replica group as far as it was read.
struct ReplicaGroupDraft: EmptyDraft {
    var type: Entry<ReplicaType>?
    var count: Entry<Int>?
    var resource: Entry<ResourcesDraft>?
    var restartPolicy: Entry<RestartPolicy>?

    /// Nil where something is missing or faulty.
    var group: ReplicaGroup? {
        guard let type = type?.value, let resource = resource?.value?.resources else { return nil }
        return ReplicaGroup(
            type: type,
            count: count?.value ?? 1,
            resource: resource,
            restartPolicy: restartPolicy?.value
        )
    }
}

/// What one replica needs, as far as it was read.
struct ResourcesDraft: EmptyDraft {
    var cpu: Entry<CPUQuantity>?
    var memory: Entry<MemoryQuantity>?
    var gpu: Entry<Int>?

    /// Nil where something is missing or faulty.
    var resources: Resources? {
        guard let cpu = cpu?.value, let memory = memory?.value else { return nil }
        return Resources(cpu: cpu, memory: memory, gpu: gpu?.value ?? 0)
    }
}
