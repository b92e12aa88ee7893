extension Schema {
    /// One container of a pod.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container>. Probes and hooks are kept as
    /// they come: nothing here runs them.
    static let container = Schema.object(
        [
            "args": .list(.string),
            "command": .list(.string),
            "env": .list(environmentVariable, by: "name"),
            "envFrom": .list(
                .object([
                    "prefix": .string,
                    "configMapRef": environmentSource,
                    "secretRef": environmentSource,
                ])
            ),
            "image": .string,
            "imagePullPolicy": .string,
            "lifecycle": .anything,
            "livenessProbe": .anything,
            "name": .string,
            "ports": .list(
                .object(
                    [
                        "containerPort": .integer, "hostIP": .string, "hostPort": .integer, "name": .string,
                        "protocol": Schema.string.defaulting(to: "TCP"),
                    ],
                    required: ["containerPort"]
                ),
                by: "containerPort",
                "protocol"
            ),
            "readinessProbe": .anything,
            "resizePolicy": .list(
                .object(
                    ["resourceName": .string, "restartPolicy": .string],
                    required: ["resourceName", "restartPolicy"]
                )
            ),
            "resources": .object([
                "claims": .list(.object(["name": .string, "request": .string], required: ["name"]), by: "name"),
                "limits": .quantities,
                "requests": .quantities,
            ]),
            "restartPolicy": .string,
            "securityContext": securityContext,
            "startupProbe": .anything,
            "stdin": .boolean,
            "stdinOnce": .boolean,
            "terminationMessagePath": .string,
            "terminationMessagePolicy": .string,
            "tty": .boolean,
            "volumeDevices": .list(
                .object(["devicePath": .string, "name": .string], required: ["devicePath", "name"]),
                by: "devicePath"
            ),
            "volumeMounts": .list(
                .object(
                    [
                        "mountPath": .string, "mountPropagation": .string, "name": .string, "readOnly": .boolean,
                        "recursiveReadOnly": .string, "subPath": .string, "subPathExpr": .string,
                    ],
                    required: ["mountPath", "name"]
                ),
                by: "mountPath"
            ),
            "workingDir": .string,
        ],
        required: ["name"]
    )

    private static let environmentSource =
        Schema.object(["name": Schema.string.defaulting(to: ""), "optional": .boolean]).atomic

    private static let environmentVariable = Schema.object(
        [
            "name": .string,
            "value": .string,
            "valueFrom": .object([
                "configMapKeyRef": keySelector,
                "secretKeyRef": keySelector,
                "fieldRef": Schema.object(["apiVersion": .string, "fieldPath": .string], required: ["fieldPath"])
                    .atomic,
                "resourceFieldRef": Schema.object(
                    ["containerName": .string, "divisor": .quantity, "resource": .string],
                    required: ["resource"]
                ).atomic,
            ]),
        ],
        required: ["name"]
    )

    private static let keySelector = Schema.object(
        ["key": .string, "name": Schema.string.defaulting(to: ""), "optional": .boolean],
        required: ["key"]
    ).atomic
}
