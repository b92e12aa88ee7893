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
                initial: .string(RunPolicy().effectiveCleanPodPolicy.rawValue)
            ) { $0.cleanPodPolicy = $1.value },
            Field(
                "backoffLimit",
                IntegerShape(range: counts),
                title: "Back-off limit",
                description: "How many restarts there may be in all, over the run, before the job fails.",
                examples: [0, 3],
                initial: .integer(RunPolicy().effectiveBackoffLimit)
            ) { $0.backoffLimit = $1.value },
            Field(
                "activeDeadlineSeconds",
                IntegerShape(range: seconds),
                title: "Deadline in seconds",
                description:
                    "How long a run may be active before it fails and its replicas are stopped. "
                    + "Suspended and queued time does not count. Without it: no limit.",
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
                    "Which replicas restart when one fails and may be retried: that replica, or all replicas of the job. "
                    + "Without it: all in a job of several replicas without a ps, else that replica."
            ) { $0.restartScope = $1.value },
            Field(
                "retryExitCodes",
                ExitCodesShape(),
                title: "Exit codes to retry",
                description:
                    "The exit codes that the restart policy ExitCode retries besides those of 128 and above.",
                examples: [[42], [3, 42]],
                initial: .list(RunPolicy().effectiveRetryExitCodes.map(JSONNode.integer))
            ) { $0.retryExitCodes = $1.value },
            Field(
                "gracePeriodSeconds",
                IntegerShape(range: 0...3600),
                title: "Grace period in seconds",
                description: "The time from the notice of a stop to SIGKILL.",
                examples: [30, 300],
                initial: .integer(RunPolicy().effectiveGracePeriodSeconds)
            ) { $0.gracePeriodSeconds = $1.value },
            Field(
                "progressDeadlineSeconds",
                IntegerShape(range: seconds),
                title: "Progress deadline in seconds",
                description:
                    "A run without progress for this time is stopped and counts as a failure that may be retried. "
                    + "Without it: no limit.",
                examples: [900]
            ) { $0.progressDeadlineSeconds = $1.value },
            Field(
                "suspend",
                FlagShape(),
                title: "Suspend",
                description: "true stops the replicas and keeps the job.",
                initial: .flag(RunPolicy().isSuspended)
            ) { $0.suspend = $1.value },
        ]
    )
}
