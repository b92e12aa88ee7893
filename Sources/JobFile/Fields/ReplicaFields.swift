import Jobs

/// The parts of a replica group that were read.
struct ReplicaGroupDraft: EmptyDraft {
    var type: Entry<ReplicaType>?
    var count: Entry<Int>?
    var resource: Entry<ResourcesDraft>?
    var restartPolicy: Entry<RestartPolicy>?

    /// Nil if a part is missing or faulty.
    var group: ReplicaGroup? {
        guard let type = type?.value, let resource = resource?.value?.resources else { return nil }
        return ReplicaGroup(
            type: type,
            count: count?.value ?? ReplicaGroup.defaultCount,
            resource: resource,
            restartPolicy: restartPolicy?.value
        )
    }
}

/// The parts of a replica's resources that were read.
struct ResourcesDraft: EmptyDraft {
    var cpu: Entry<CPUQuantity>?
    var memory: Entry<MemoryQuantity>?
    var gpu: Entry<Int>?

    /// Nil if a part is missing or faulty.
    var resources: Resources? {
        guard let cpu = cpu?.value, let memory = memory?.value else { return nil }
        return Resources(cpu: cpu, memory: memory, gpu: gpu?.value ?? Resources.defaultGPUs)
    }
}

extension ReplicaGroupDraft {
    /// The key of the resources of a replica.
    static let resourceName = "resource"

    static let table = FieldTable<Self>(
        "a replica group",
        [
            type(required: true) { $0.type = $1 },
            count { $0.count = $1 },
            Field(
                resourceName,
                ObjectShape(table: ResourcesDraft.table),
                required: true,
                title: "Resources of one replica",
                description: "What one replica of the group needs.",
                examples: [["cpu": "1.000", "memory": "2048Mi", "gpu": "0"]]
            ) { $0.resource = $1 },
            Field(
                "restartPolicy",
                ChoiceShape(RestartPolicy.self),
                title: "Restart policy",
                description:
                    "What becomes of a replica that ended, as in TFJob v1: ExitCode retries codes from 128 on. Where Kubernetes Jobs run it (flavor: job), and with restartScope: Job, Always acts as OnFailure.",
                initial: .string(ReplicaGroup.defaultRestartPolicy.rawValue)
            ) { $0.restartPolicy = $1 },
        ]
    )

    /// The key `type`, of a group and of the short form.
    static func type<Target>(
        required: Bool = false,
        store: @escaping @Sendable (inout Target, Entry<ReplicaType>) -> Void
    ) -> Field<Target> {
        Field(
            "type",
            ChoiceShape(ReplicaType.self, ignoresCase: true),
            required: required,
            title: "Replica type",
            description: "The part that the replicas play. Each type at most once in a job; chief and master not both.",
            initial: required ? nil : .string(ReplicaGroup.defaultType.rawValue),
            store: store
        )
    }

    /// The key `count`, of a group and of the short form.
    static func count<Target>(store: @escaping @Sendable (inout Target, Entry<Int>) -> Void) -> Field<Target> {
        Field(
            "count",
            IntegerShape(range: 0...Job.mostReplicas),
            misspelled: ["conut"],
            title: "Number of replicas",
            description: "How many replicas of this type. The sum over all types is at least 1 and at most 1000.",
            examples: ["1", "2"],
            initial: .string(String(ReplicaGroup.defaultCount)),
            store: store
        )
    }
}

extension ResourcesDraft {
    static let table = FieldTable<Self>(
        "\"resource\"",
        [cpu(required: true) { $0.cpu = $1 }, memory(required: true) { $0.memory = $1 }, gpu { $0.gpu = $1 }]
    )

    /// The key `cpu`, of a group's resources and of the short form.
    static func cpu<Target>(
        required: Bool = false,
        store: @escaping @Sendable (inout Target, Entry<CPUQuantity>) -> Void
    ) -> Field<Target> {
        Field(
            "cpu",
            CPUShape(),
            required: required,
            title: "Cores",
            description:
                "How many cores one replica needs: 1.000, 0.5, or 500m for half a core. Thousandths are the finest.",
            examples: ["1.000", "0.500", "500m"],
            store: store
        )
    }

    /// The key `memory`, of a group's resources and of the short form.
    static func memory<Target>(
        required: Bool = false,
        store: @escaping @Sendable (inout Target, Entry<MemoryQuantity>) -> Void
    ) -> Field<Target> {
        Field(
            "memory",
            MemoryShape(),
            required: required,
            title: "Memory",
            description:
                "How much memory one replica needs, as a Kubernetes quantity: 2048Mi, 2Gi, 1.5G. "
                + "Without a unit: bytes, from 1000000 on.",
            examples: ["512Mi", "2048Mi", "16Gi"],
            store: store
        )
    }

    /// The key `gpu`, of a group's resources and of the short form.
    static func gpu<Target>(store: @escaping @Sendable (inout Target, Entry<Int>) -> Void) -> Field<Target> {
        Field(
            "gpu",
            IntegerShape(range: 0...1_000_000),
            title: "GPUs",
            description: "How many whole GPUs one replica needs.",
            examples: ["0", "1"],
            initial: .string(String(Resources.defaultGPUs)),
            store: store
        )
    }
}
