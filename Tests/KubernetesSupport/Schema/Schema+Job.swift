extension Schema {
    /// A Job of batch/v1.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>.
    static let job = Schema.kind([
        "spec": .object(
            [
                "activeDeadlineSeconds": .integer,
                "backoffLimit": .integer,
                "backoffLimitPerIndex": .integer,
                "completionMode": .string,
                "completions": .integer,
                "managedBy": .string,
                "manualSelector": .boolean,
                "maxFailedIndexes": .integer,
                "parallelism": .integer,
                "podFailurePolicy": .object(["rules": .list(failureRule)], required: ["rules"]),
                "podReplacementPolicy": .string,
                "selector": labelSelector,
                "successPolicy": .object(
                    ["rules": .list(.object(["succeededCount": .integer, "succeededIndexes": .string]))],
                    required: ["rules"]
                ),
                "suspend": .boolean,
                "template": .object(["metadata": metadata, "spec": podSpec]),
                "ttlSecondsAfterFinished": .integer,
            ],
            required: ["template"]
        ),
        "status": .object([
            "active": .integer,
            "completedIndexes": .string,
            "completionTime": .time,
            "conditions": .list(condition),
            "failed": .integer,
            "failedIndexes": .string,
            "ready": .integer,
            "startTime": .time,
            "succeeded": .integer,
            "terminating": .integer,
            "uncountedTerminatedPods": .object([
                "failed": .list(.string, .set), "succeeded": .list(.string, .set),
            ]),
        ]),
    ])

    private static let failureRule = Schema.object(
        [
            "action": .string,
            "onExitCodes": .object(
                ["containerName": .string, "operator": .string, "values": .list(.integer, .set)],
                required: ["operator", "values"]
            ),
            "onPodConditions": .list(.object(["status": .string, "type": .string], required: ["type"])),
        ],
        required: ["action"]
    )
}
