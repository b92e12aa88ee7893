import Jobs

extension RunPolicy: EmptyDraft {}

extension RunPolicy {
    /// Counts of TFJob v1 are `int32`.
    private static let counts = 0...Int(Int32.max)
    private static let seconds = 1...Int(Int32.max)

    static let table = FieldTable<Self>(
        "\"runPolicy\"",
        [
            Field(
                "cleanPodPolicy",
                ChoiceShape(CleanPodPolicy.self),
                title: "Clean pod policy",
                description:
                    "What happens to replicas that are still up when the job finishes: "
                    + "those that run are stopped, all are removed, or none.",
                initial: "Running"
            ) { $0.cleanPodPolicy = $1.value },
            Field(
                "backoffLimit",
                IntegerShape(range: counts),
                title: "Back-off limit",
                description: "How many restarts there may be in all, over the run, before the job fails.",
                examples: [0, 3],
                initial: 3
            ) { $0.backoffLimit = $1.value },
            Field(
                "activeDeadlineSeconds",
                IntegerShape(range: seconds),
                title: "Deadline in seconds",
                description:
                    "How long a run may take before it is failed and its replicas stopped. Without it: no limit.",
                examples: [3600]
            ) { $0.activeDeadlineSeconds = $1.value },
            Field(
                "ttlSecondsAfterFinished",
                IntegerShape(range: seconds),
                title: "Time to live in seconds",
                description: "How long a finished run is kept on its cluster. Without it, for ever.",
                examples: [86_400]
            ) { $0.ttlSecondsAfterFinished = $1.value },
            Field(
                "restartScope",
                ChoiceShape(RestartScope.self),
                title: "Restart scope",
                description:
                    "Who restarts when one replica fails with a code that may be retried: "
                    + "that replica, or the job's replicas together.",
                initial: "Replica"
            ) { $0.restartScope = $1.value },
            Field(
                "suspend",
                FlagShape(),
                title: "Suspend",
                description: "true stops the replicas and keeps the job.",
                initial: false
            ) { $0.suspend = $1.value },
        ]
    )
}
