extension Schema {
    /// The published TFJob v1: fields, types, required members, defaults and how lists and maps merge were compared, one by one, with the
    /// definition of the training operator's release v1.9.0 (controller-gen v0.16.5). Not taken over: number ranges (`int32`, `int64`).
    ///
    /// Source: <https://github.com/kubeflow/training-operator/blob/v1.9.0/manifests/base/crds/kubeflow.org_tfjobs.yaml>.
    static let tfJob = Schema.kind([
        "spec": .object(
            [
                "enableDynamicWorker": .boolean,
                "runPolicy": runPolicy,
                "successPolicy": .string,
                "tfReplicaSpecs": .map(replicaSpec),
            ],
            required: ["tfReplicaSpecs"]
        ),
        "status": .object([
            "completionTime": .time,
            "conditions": .list(condition),
            "lastReconcileTime": .time,
            "replicaStatuses": .map(
                .object([
                    "active": .integer, "failed": .integer, "succeeded": .integer, "selector": .string,
                    "labelSelector": labelSelector,
                ])
            ),
            "startTime": .time,
        ]),
    ])

    private static let runPolicy = Schema.object([
        "activeDeadlineSeconds": .integer,
        "backoffLimit": .integer,
        "cleanPodPolicy": .string,
        "managedBy": .string,
        "schedulingPolicy": .object([
            "minAvailable": .integer, "minResources": .quantities, "priorityClass": .string, "queue": .string,
            "scheduleTimeoutSeconds": .integer,
        ]),
        "suspend": Schema.boolean.defaulting(to: false),
        "ttlSecondsAfterFinished": .integer,
    ])

    private static let replicaSpec = Schema.object([
        "replicas": .integer,
        "restartPolicy": .string,
        "template": .object([
            // Only these: the definition was generated with embedded metadata.
            "metadata": .object([
                "annotations": .texts, "finalizers": .list(.string), "labels": .texts, "name": .string,
                "namespace": .string,
            ]),
            "spec": podSpec,
        ]),
    ])
}
