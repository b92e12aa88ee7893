import Jobs

extension JobDraft {
    /// The replicas, in the long form and in the short.
    static let replicaFields: [Field<Self>] = [
        Field(
            "replicas",
            ReplicasShape(),
            title: "Replicas",
            description:
                "The processes of the job by type. One group may be type, count, cpu, memory and gpu instead.",
            examples: [
                [["type": "worker", "count": "2", "resource": ["cpu": "1.000", "memory": "2048Mi", "gpu": "0"]]]
            ]
        ) { $0.replicas = $1 },
        ReplicaGroupDraft.type { $0.group.type = $1 },
        ReplicaGroupDraft.count { $0.group.count = $1 },
        ResourcesDraft.cpu { $0.resources.cpu = $1 },
        ResourcesDraft.memory { $0.resources.memory = $1 },
        ResourcesDraft.gpu { $0.resources.gpu = $1 },
    ]

    /// When a job runs, and how it ends.
    static let policies: [Field<Self>] = [
        Field(
            "successPolicy",
            ChoiceShape(SuccessPolicy.self),
            title: "Success policy",
            description: "When a job without chief and master has succeeded: with worker 0, or with AllWorkers.",
            initial: ""
        ) { $0.successPolicy = $1 },
        Field(
            "runPolicy",
            ObjectShape(table: RunPolicy.table),
            title: "Run policy",
            description: "How a run is limited, ended and cleaned up.",
            examples: [["cleanPodPolicy": "Running", "backoffLimit": 3]]
        ) { $0.runPolicy = $1 },
        Field(
            "priority",
            IntegerShape(range: Int(Int32.min)...Int(Int32.max)),
            title: "Priority",
            description: "The higher starts first where jobs wait for room.",
            examples: [0, 10],
            initial: 0
        ) { $0.priority = $1 },
        Field(
            "dependsOn",
            DependenciesShape(),
            title: "Depends on",
            description: "Ids of jobs in the same partition. The job starts after these have succeeded.",
            examples: [["prepare"]]
        ) { $0.dependsOn = $1 },
        Field(
            "rerun",
            IntegerShape(range: 0...Int(Int32.max)),
            title: "Rerun",
            description: "Another number runs a finished job again.",
            examples: [0, 1],
            initial: 0
        ) { $0.rerun = $1 },
    ]
}
