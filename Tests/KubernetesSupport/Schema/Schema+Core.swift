extension Schema {
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.
    static let pod = Schema.kind([
        "spec": podSpec,
        "status": .object([
            "conditions": .list(condition, by: "type"),
            "containerStatuses": .list(.anything),
            "ephemeralContainerStatuses": .list(.anything),
            "hostIP": .string,
            "hostIPs": .list(.anything),
            "initContainerStatuses": .list(.anything),
            "message": .string,
            "nominatedNodeName": .string,
            "observedGeneration": .integer,
            "phase": .string,
            "podIP": .string,
            "podIPs": .list(.object(["ip": .string], required: ["ip"]), by: "ip"),
            "qosClass": .string,
            "reason": .string,
            "resize": .string,
            "startTime": .time,
        ]),
    ])

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/>.
    static let namespace = Schema.kind([
        "spec": .object(["finalizers": .list(.string)]),
        "status": .object(["conditions": .list(condition, by: "type"), "phase": .string]),
    ])

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>.
    static let service = Schema.kind([
        "spec": .object([
            "allocateLoadBalancerNodePorts": .boolean,
            "clusterIP": .string,
            "clusterIPs": .list(.string),
            "externalIPs": .list(.string),
            "externalName": .string,
            "externalTrafficPolicy": .string,
            "internalTrafficPolicy": .string,
            "ipFamilies": .list(.string),
            "ipFamilyPolicy": .string,
            "ports": .list(
                .object(
                    [
                        "appProtocol": .string, "name": .string, "nodePort": .integer, "port": .integer,
                        "protocol": Schema.string.defaulting(to: "TCP"), "targetPort": .integerOrString,
                    ],
                    required: ["port"]
                ),
                by: "port",
                "protocol"
            ),
            "publishNotReadyAddresses": .boolean,
            "selector": Schema.texts.atomic,
            "sessionAffinity": .string,
            "sessionAffinityConfig": .anything,
            "trafficDistribution": .string,
            "type": .string,
        ]),
        "status": .object(["conditions": .list(condition, by: "type"), "loadBalancer": .anything]),
    ])

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/>.
    static let secret = Schema.kind(["data": .texts, "immutable": .boolean, "stringData": .texts, "type": .string])

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/>.
    static let configMap = Schema.kind(["binaryData": .texts, "data": .texts, "immutable": .boolean])

    /// The events of core/v1.
    static let event = Schema.kind([
        "action": .string,
        "count": .integer,
        "eventTime": .anything,
        "firstTimestamp": .time,
        "involvedObject": objectReference,
        "lastTimestamp": .time,
        "message": .string,
        "reason": .string,
        "related": objectReference,
        "reportingComponent": .string,
        "reportingInstance": .string,
        "series": .anything,
        "source": .object(["component": .string, "host": .string]),
        "type": .string,
    ])

    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/>.
    static let volumeClaim = Schema.kind(["spec": .anything, "status": .anything])

    private static let objectReference = Schema.object([
        "apiVersion": .string, "fieldPath": .string, "kind": .string, "name": .string, "namespace": .string,
        "resourceVersion": .string, "uid": .string,
    ]).atomic
}
