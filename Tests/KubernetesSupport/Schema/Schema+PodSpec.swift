extension Schema {
    /// What a pod is to run; the form that a pod, a Job's template and a TFJob's template share.
    ///
    /// The fields, and how lists of them merge, are those of
    /// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec> and of the published resource definition,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/manifests/base/crds/kubeflow.org_tfjobs.yaml>, with which
    /// they were compared. Affinity, DNS, claims of devices and the spread over topologies are kept as they come: nothing here reads them.
    static let podSpec = Schema.object(
        [
            "activeDeadlineSeconds": .integer,
            "affinity": .anything,
            "automountServiceAccountToken": .boolean,
            "containers": .list(container, by: "name"),
            "dnsConfig": .anything,
            "dnsPolicy": .string,
            "enableServiceLinks": .boolean,
            "ephemeralContainers": .list(container, by: "name"),
            "hostAliases": .list(.object(["ip": .string, "hostnames": .list(.string)], required: ["ip"]), by: "ip"),
            "hostIPC": .boolean,
            "hostNetwork": .boolean,
            "hostPID": .boolean,
            "hostUsers": .boolean,
            "hostname": .string,
            "imagePullSecrets": .list(localReference, by: "name"),
            "initContainers": .list(container, by: "name"),
            "nodeName": .string,
            "nodeSelector": Schema.texts.atomic,
            "os": .object(["name": .string], required: ["name"]),
            "overhead": .quantities,
            "preemptionPolicy": .string,
            "priority": .integer,
            "priorityClassName": .string,
            "readinessGates": .list(.object(["conditionType": .string], required: ["conditionType"])),
            "resourceClaims": .list(.anything, by: "name"),
            "restartPolicy": .string,
            "runtimeClassName": .string,
            "schedulerName": .string,
            "schedulingGates": .list(.object(["name": .string], required: ["name"]), by: "name"),
            "securityContext": securityContext,
            "serviceAccount": .string,
            "serviceAccountName": .string,
            "setHostnameAsFQDN": .boolean,
            "shareProcessNamespace": .boolean,
            "subdomain": .string,
            "terminationGracePeriodSeconds": .integer,
            "tolerations": .list(
                .object([
                    "key": .string, "operator": .string, "value": .string, "effect": .string,
                    "tolerationSeconds": .integer,
                ])
            ),
            "topologySpreadConstraints": .list(.anything, by: "topologyKey", "whenUnsatisfiable"),
            "volumes": .list(volume, by: "name"),
        ],
        required: ["containers"]
    )

    /// A reference to an object of the same namespace.
    static let localReference = Schema.object(["name": Schema.string.defaulting(to: "")]).atomic

    /// The security settings of a pod and of a container, in one.
    static let securityContext = Schema.object([
        "allowPrivilegeEscalation": .boolean,
        "appArmorProfile": .anything,
        "capabilities": .object(["add": .list(.string), "drop": .list(.string)]),
        "fsGroup": .integer,
        "fsGroupChangePolicy": .string,
        "privileged": .boolean,
        "procMount": .string,
        "readOnlyRootFilesystem": .boolean,
        "runAsGroup": .integer,
        "runAsNonRoot": .boolean,
        "runAsUser": .integer,
        "seLinuxOptions": .anything,
        "seccompProfile": .object(["type": .string, "localhostProfile": .string], required: ["type"]),
        "supplementalGroups": .list(.integer),
        "supplementalGroupsPolicy": .string,
        "sysctls": .list(.object(["name": .string, "value": .string], required: ["name", "value"])),
        "windowsOptions": .anything,
    ])
}
