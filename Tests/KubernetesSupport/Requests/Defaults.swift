/// What the server fills in.
///
/// Source: `SetDefaults_Pod`, `SetDefaults_PodSpec`, `SetDefaults_Container`, `SetDefaults_Service` and those of volumes,
/// <https://github.com/kubernetes/kubernetes/blob/023f88a32c95647b94e47df54948a0af9517dd0c/pkg/apis/core/v1/defaults.go>, and
/// `SetDefaults_Job`, <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/batch/v1/defaults.go>, read as of about 1.31. A TFJob has
/// those of its schema alone.
enum Defaults {
    /// Fills in what does not depend on the object's identity.
    static func fill(_ object: inout JSONTree, _ resource: Resource) {
        switch resource.qualifiedName {
        case "pods":
            fillPodSpec(&object.spec)
            fillPod(&object.spec)
        case "services": fillService(&object.spec)
        case "jobs.batch":
            fillJob(&object.spec)
            if object.metadata.labels.members.isEmpty, let labels = object.spec.template.metadata["labels"] {
                object.metadata.labels = labels
            }
        case "secrets": set(&object, "type", "Opaque")
        default: break
        }
    }

    private static func set(_ object: inout JSONTree, _ name: String, _ value: JSONTree) {
        if object[name] == nil { object[name] = value }
    }

    private static func fillPodSpec(_ spec: inout JSONTree) {
        set(&spec, "restartPolicy", "Always")
        set(&spec, "dnsPolicy", "ClusterFirst")
        set(&spec, "terminationGracePeriodSeconds", 30)
        set(&spec, "securityContext", [:])
        set(&spec, "schedulerName", "default-scheduler")
        for list in ["containers", "initContainers"] where spec[list] != nil {
            spec[list] = .array((spec[list] ?? .null).elements.map(container))
        }
        if spec["volumes"] != nil { spec.volumes = .array(spec.volumes.elements.map(volume)) }
        if let account = spec["serviceAccountName"] { set(&spec, "serviceAccount", account) }
    }

    /// What pods have and their templates have not.
    private static func fillPod(_ spec: inout JSONTree) {
        set(&spec, "enableServiceLinks", true)
        for list in ["containers", "initContainers"] where spec[list] != nil {
            spec[list] = .array(
                (spec[list] ?? .null).elements.map { container in
                    var container = container
                    for (name, limit) in container.resources.limits.members
                    where container.resources.requests[name] == nil {
                        container.resources.requests[name] = limit
                    }
                    return container
                }
            )
        }
    }

    private static func container(_ container: JSONTree) -> JSONTree {
        var container = container
        set(&container, "terminationMessagePath", "/dev/termination-log")
        set(&container, "terminationMessagePolicy", "File")
        let image = container.image.text ?? ""
        let name = image.split(separator: "/").last ?? ""
        let isMoving = !image.contains("@") && (!name.contains(":") || name.hasSuffix(":latest"))
        set(&container, "imagePullPolicy", isMoving ? "Always" : "IfNotPresent")
        set(&container, "resources", [:])
        if container["env"] != nil {
            container.env = .array(
                container.env.elements.map { variable in
                    var variable = variable
                    if variable["valueFrom"]?["fieldRef"] != nil {
                        set(&variable.valueFrom.fieldRef, "apiVersion", "v1")
                    }
                    return variable
                }
            )
        }
        return container
    }

    private static func volume(_ volume: JSONTree) -> JSONTree {
        var volume = volume
        if volume["hostPath"] != nil { set(&volume.hostPath, "type", "") }
        for source in ["secret", "configMap", "projected", "downwardAPI"] {
            if var value = volume[source] {
                set(&value, "defaultMode", 420)
                volume[source] = value
            }
        }
        return volume
    }

    private static func fillService(_ spec: inout JSONTree) {
        set(&spec, "type", "ClusterIP")
        set(&spec, "sessionAffinity", "None")
        set(&spec, "internalTrafficPolicy", "Cluster")
        set(&spec, "ipFamilies", ["IPv4"])
        set(&spec, "ipFamilyPolicy", "SingleStack")
        set(&spec, "clusterIP", .string("10.96.\(Int.random(in: 0...255)).\(Int.random(in: 1...254))"))
        set(&spec, "clusterIPs", [spec.clusterIP])
        if spec["ports"] != nil {
            spec.ports = .array(
                spec.ports.elements.map { port in
                    var port = port
                    set(&port, "targetPort", port.port)
                    return port
                }
            )
        }
    }

    private static func fillJob(_ spec: inout JSONTree) {
        if spec["completions"] == nil, spec["parallelism"] == nil { spec.completions = 1 }
        set(&spec, "parallelism", 1)
        set(&spec, "backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
        set(&spec, "completionMode", "NonIndexed")
        set(&spec, "suspend", false)
        set(&spec, "manualSelector", false)
        set(&spec, "podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
        if !spec.podFailurePolicy.isNull {
            spec.podFailurePolicy.rules = .array(spec.podFailurePolicy.rules.elements.map(rule))
        }
        fillPodSpec(&spec.template.spec)
    }

    private static func rule(_ rule: JSONTree) -> JSONTree {
        guard !rule.onPodConditions.isNull else { return rule }
        var rule = rule
        rule.onPodConditions = .array(
            rule.onPodConditions.elements.map { pattern in
                var pattern = pattern
                set(&pattern, "status", "True")
                return pattern
            }
        )
        return rule
    }

    /// The labels by which a Job knows its pods; they need its uid.
    ///
    /// What the client has written stays, and is refused if it does not fit. Source: `generateSelector`,
    /// <https://github.com/kubernetes/kubernetes/blob/36f36813ae40015c94d2df1493447edaa145dd5a/pkg/registry/batch/job/strategy.go>.
    static func fillSelector(_ job: inout JSONTree) {
        guard !job.spec.manualSelector.isTrue else { return }
        let labels: [String: JSONTree] = [
            "job-name": job.metadata.name, "batch.kubernetes.io/job-name": job.metadata.name,
            "controller-uid": job.metadata.uid, "batch.kubernetes.io/controller-uid": job.metadata.uid,
        ]
        for (name, value) in labels where job.spec.template.metadata.labels[name] == nil {
            job.spec.template.metadata.labels[name] = value
        }
        if job.spec.selector.matchLabels["batch.kubernetes.io/controller-uid"] == nil {
            job.spec.selector.matchLabels["batch.kubernetes.io/controller-uid"] = job.metadata.uid
        }
    }
}
