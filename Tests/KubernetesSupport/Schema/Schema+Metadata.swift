extension Schema {
    /// The metadata of every object.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>.
    static let metadata = Schema.object([
        "name": .string,
        "generateName": .string,
        "namespace": .string,
        "labels": .texts,
        "annotations": .texts,
        "finalizers": .list(.string, .set),
        "ownerReferences": .list(ownerReference, by: "uid"),
        "uid": .string,
        "resourceVersion": .string,
        "generation": .integer,
        "creationTimestamp": .time,
        "deletionTimestamp": .time,
        "deletionGracePeriodSeconds": .integer,
        "selfLink": .string,
        "managedFields": .anything,
    ])

    private static let ownerReference = Schema.object(
        [
            "apiVersion": .string,
            "kind": .string,
            "name": .string,
            "uid": .string,
            "controller": .boolean,
            "blockOwnerDeletion": .boolean,
        ],
        required: ["apiVersion", "kind", "name", "uid"]
    ).atomic

    /// A whole object of some kind.
    static func kind(_ fields: [String: Schema], required: [String] = []) -> Schema {
        Schema.object(["apiVersion": .string, "kind": .string, "metadata": metadata], required: [])
            .adding(fields, required: required)
    }

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/>.
    static let labelSelector = Schema.object([
        "matchLabels": .texts,
        "matchExpressions": .list(
            .object(["key": .string, "operator": .string, "values": .list(.string)], required: ["key", "operator"])
        ),
    ]).atomic

    /// A condition of a status, with all the times that any kind writes.
    static let condition = Schema.object(
        [
            "type": .string, "status": .string, "reason": .string, "message": .string,
            "lastProbeTime": .time, "lastTransitionTime": .time, "lastUpdateTime": .time,
            "observedGeneration": .integer,
        ],
        required: ["status", "type"]
    )
}
