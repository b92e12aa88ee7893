import Jobs

/// The parts of a job that were read.
struct JobDraft: EmptyDraft {
    var name: Entry<String>?
    var description: Entry<String>?
    var runtime: Entry<Runtime>?
    var workdir: Entry<String>?
    var bootfile: Entry<String>?
    var module: Entry<String>?
    var args: Entry<[String]>?
    var environment: Entry<[String: String]>?
    var checkpointDir: Entry<String>?
    var eventDir: Entry<String>?
    var modelDir: Entry<String>?
    var logDir: Entry<String>?
    var replicas: Entry<[ReplicaGroupDraft]>?
    /// The keys `type` and `count` of the short form.
    var group = ReplicaGroupDraft()
    /// The keys `cpu`, `memory` and `gpu` of the short form.
    var resources = ResourcesDraft()
    var successPolicy: Entry<SuccessPolicy>?
    var runPolicy: Entry<RunPolicy>?
    var priority: Entry<Int>?
    var dependsOn: Entry<[String]>?
    var rerun: Entry<Int>?

    /// The tokens of the short form's values.
    var shortForm: [Int] {
        [group.type?.token, group.count?.token, resources.cpu?.token, resources.memory?.token, resources.gpu?.token]
            .compactMap { $0 }
    }
}

extension JobDraft {
    static let table = FieldTable<Self>(
        "a job",
        general + code + folders + replicaFields + policies
    )

    private static let general: [Field<Self>] = [
        Field(
            "name",
            TextShape(longest: 63, isOneLine: true),
            title: "Display name",
            description:
                "What people call the job, at most 63 characters. Without it, the id, which is the file's name.",
            examples: ["mnist"]
        ) { $0.name = $1 },
        Field(
            "description",
            TextShape(longest: 4096),
            title: "Description",
            description: "For people, at most 4096 characters. Changing it alone never restarts a job.",
            examples: ["Digits, two workers"]
        ) { $0.description = $1 },
        Field(
            "partition",
            PartitionShape(),
            title: "Partition",
            description: "May be left out: it is the name of the folder, and must equal it.",
            examples: ["team-a"]
        ) { _, _ in },
    ]

    private static let code: [Field<Self>] = [
        Field(
            "runtime",
            RuntimeShape(),
            required: true,
            title: "Runtime",
            description:
                "The Python that runs the script, and the TensorFlow it needs: Python_<x.y>[+Tensorflow_<x.y[.z]>].",
            examples: ["Python_3.11+Tensorflow_2.21.0", "Python_3.11"]
        ) { $0.runtime = $1 },
        Field(
            "workdir",
            PathShape(target: .codeFolder),
            misspelled: ["workerdir"],
            title: "Working directory",
            description:
                "Absolute: a folder of the machine or volume. Relative: a folder of this repository, in the tree of the "
                + "branch tip when the run first starts. Without it: the repository's root without clusters/, or, where "
                + "bootfile is absolute, an empty folder.",
            examples: ["code/mnist", "/srv/code/mnist"]
        ) { $0.workdir = $1 },
        Field(
            "bootfile",
            PathShape(target: .script),
            title: "Script",
            description:
                "The script that each replica runs, absolute or relative to the working directory. A job has this key or module.",
            examples: ["train.py"]
        ) { $0.bootfile = $1 },
        Field(
            "module",
            ModuleShape(),
            title: "Module",
            description:
                "The Python module that each replica runs with python -m, a dotted name. The working directory is on sys.path. A job has this key or bootfile.",
            examples: ["trainer.task"]
        ) { $0.module = $1 },
        Field(
            "args",
            ArgumentsShape(),
            title: "Arguments",
            description: "Handed to the script as they are, without a shell.",
            examples: [["--epochs=3"]],
            initial: []
        ) { $0.args = $1 },
        Field(
            "environment",
            VariablesShape(),
            misspelled: ["enviroment"],
            title: "Environment variables",
            description: "TF_CONFIG and names that begin with TFJOB_ are set by the service.",
            examples: [["OMP_NUM_THREADS": "1"]]
        ) { $0.environment = $1 },
    ]

    private static let folders: [Field<Self>] = [
        folder(
            "checkpointDir",
            "Checkpoint folder",
            variable: "TFJOB_CHECKPOINT_DIR",
            example: "/data/mnist/checkpoints"
        ) {
            $0.checkpointDir = $1
        },
        folder("eventDir", "Event folder", variable: "TFJOB_EVENT_DIR", example: "/data/mnist/events") {
            $0.eventDir = $1
        },
        folder("modelDir", "Model folder", variable: "TFJOB_MODEL_DIR", example: "/data/mnist/model") {
            $0.modelDir = $1
        },
        folder(
            "logDir",
            "Log folder",
            variable: "TFJOB_LOG_DIR",
            example: "/data/mnist/logs",
            more: " A run's logs are written there too."
        ) { $0.logDir = $1 },
    ]

    private static func folder(
        _ name: String,
        _ title: String,
        variable: String,
        example: String,
        more: String = "",
        store: @escaping @Sendable (inout Self, Entry<String>) -> Void
    ) -> Field<Self> {
        Field(
            name,
            PathShape(target: .dataFolder),
            title: title,
            description:
                "An absolute path, in which {run} and {replica} stand for the number of the run and for worker-0. Made if absent; the script finds it in \(variable).\(more)",
            examples: [.string(example)],
            store: store
        )
    }
}

extension JobDraft {
    /// The keys of the replicas, in the long and in the short form.
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

    /// The keys that decide when a job runs and how it ends.
    static let policies: [Field<Self>] = [
        Field(
            "successPolicy",
            ChoiceShape(SuccessPolicy.self),
            title: "Success policy",
            description: "When a job without chief and master has succeeded: with worker 0, or with AllWorkers.",
            initial: .string(SuccessPolicy.defaultPolicy.rawValue)
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
            initial: .integer(Job.defaultPriority)
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
            initial: .integer(Job.defaultRerun)
        ) { $0.rerun = $1 },
    ]
}
