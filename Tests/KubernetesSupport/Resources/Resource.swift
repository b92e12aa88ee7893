/// A kind of object that the server has, and how it treats it.
struct Resource: Sendable {
    /// Empty for the core group.
    let group: String
    let version: String
    let plural: String
    let kind: String
    var shortNames: [String] = []
    var isNamespaced = true
    /// Whether the status is written by a path of its own, and by no other.
    var hasStatus = false
    /// Whether it is a custom resource: validated by its definition alone, and never updated without a resource version.
    var isCustom = false
    let schema: Schema

    /// `v1` or `batch/v1`.
    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// As errors name it: `pods`, `jobs.batch`.
    var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }

    static let namespaces = Resource(
        group: "",
        version: "v1",
        plural: "namespaces",
        kind: "Namespace",
        shortNames: ["ns"],
        isNamespaced: false,
        hasStatus: true,
        schema: .namespace
    )
    static let pods = Resource(
        group: "",
        version: "v1",
        plural: "pods",
        kind: "Pod",
        shortNames: ["po"],
        hasStatus: true,
        schema: .pod
    )
    static let services = Resource(
        group: "",
        version: "v1",
        plural: "services",
        kind: "Service",
        shortNames: ["svc"],
        hasStatus: true,
        schema: .service
    )
    static let secrets = Resource(group: "", version: "v1", plural: "secrets", kind: "Secret", schema: .secret)
    static let configMaps = Resource(
        group: "",
        version: "v1",
        plural: "configmaps",
        kind: "ConfigMap",
        shortNames: ["cm"],
        schema: .configMap
    )
    static let events = Resource(
        group: "",
        version: "v1",
        plural: "events",
        kind: "Event",
        shortNames: ["ev"],
        schema: .event
    )
    static let volumeClaims = Resource(
        group: "",
        version: "v1",
        plural: "persistentvolumeclaims",
        kind: "PersistentVolumeClaim",
        shortNames: ["pvc"],
        schema: .volumeClaim
    )
    static let jobs = Resource(
        group: "batch",
        version: "v1",
        plural: "jobs",
        kind: "Job",
        hasStatus: true,
        schema: .job
    )
    static let tfJobs = Resource(
        group: "kubeflow.org",
        version: "v1",
        plural: "tfjobs",
        kind: "TFJob",
        hasStatus: true,
        isCustom: true,
        schema: .tfJob
    )

    /// What every cluster has.
    static let standard = [namespaces, pods, services, secrets, configMaps, events, volumeClaims, jobs]
}

/// Names one object.
struct ObjectKey: Hashable, Sendable, Comparable {
    /// ``Resource/qualifiedName``.
    let resource: String
    /// Empty for what belongs to no namespace.
    let namespace: String
    let name: String

    /// As etcd orders keys, and lists therefore come.
    static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}

extension JSONTree {
    /// The key of an object of a resource.
    func key(in resource: Resource) -> ObjectKey {
        ObjectKey(
            resource: resource.qualifiedName,
            namespace: self.metadata.namespace.text ?? "",
            name: self.metadata.name.text ?? ""
        )
    }
}
