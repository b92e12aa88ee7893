/// A job in the canonical form of the job file: what was written, in the one spelling that every reader knows.
///
/// `count`, `cpu`, `memory` and `gpu` are strings, `args` and `replicas` lists; a key that the file does not have and
/// that has a default is left out, but for `args` and `count`.
public struct CanonicalJob: Encodable, Sendable {
    let job: Job
    let includesName: Bool

    /// - Parameter includesName: false for the `spec` of the REST view, which has the name in `metadata`.
    public init(_ job: Job, includesName: Bool = true) {
        self.job = job
        self.includesName = includesName
    }

    private enum Key: String, CodingKey {
        case name, description, runtime, workdir, bootfile, module, args, environment
        case checkpointDir, eventDir, modelDir, logDir
        case replicas, successPolicy, runPolicy, priority, dependsOn, rerun
    }

    /// Encodes the keys that the file has, with `args`, and `count` in each group, besides.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if includesName {
            try container.encodeIfPresent(job.name, forKey: .name)
        }
        try container.encodeIfPresent(job.description, forKey: .description)
        try container.encode(job.runtime.description, forKey: .runtime)
        try container.encodeIfPresent(job.workdir, forKey: .workdir)
        try container.encodeIfPresent(job.bootfile, forKey: .bootfile)
        try container.encodeIfPresent(job.module, forKey: .module)
        try container.encode(job.args, forKey: .args)
        try container.encodeIfPresent(job.environment, forKey: .environment)
        try container.encodeIfPresent(job.checkpointDir, forKey: .checkpointDir)
        try container.encodeIfPresent(job.eventDir, forKey: .eventDir)
        try container.encodeIfPresent(job.modelDir, forKey: .modelDir)
        try container.encodeIfPresent(job.logDir, forKey: .logDir)
        try container.encode(job.replicas.map(CanonicalReplicaGroup.init), forKey: .replicas)
        try container.encodeIfPresent(job.successPolicy?.rawValue, forKey: .successPolicy)
        try container.encodeIfPresent(job.runPolicy.map(CanonicalRunPolicy.init), forKey: .runPolicy)
        try container.encodeIfPresent(job.priority, forKey: .priority)
        try container.encodeIfPresent(job.dependsOn, forKey: .dependsOn)
        try container.encodeIfPresent(job.rerun, forKey: .rerun)
    }
}

private struct CanonicalReplicaGroup: Encodable {
    let type: String
    let count: String
    let resource: [String: String]
    let restartPolicy: String?

    init(_ group: ReplicaGroup) {
        type = group.type.rawValue
        count = String(group.count)
        resource = [
            "cpu": group.resource.cpu.description,
            "memory": group.resource.memory.text,
            "gpu": String(group.resource.gpu),
        ]
        restartPolicy = group.restartPolicy?.rawValue
    }
}

private struct CanonicalRunPolicy: Encodable {
    let cleanPodPolicy: String?
    let backoffLimit: Int?
    let activeDeadlineSeconds: Int?
    let ttlSecondsAfterFinished: Int?
    let restartScope: String?
    let suspend: Bool?

    init(_ policy: RunPolicy) {
        cleanPodPolicy = policy.cleanPodPolicy?.rawValue
        backoffLimit = policy.backoffLimit
        activeDeadlineSeconds = policy.activeDeadlineSeconds
        ttlSecondsAfterFinished = policy.ttlSecondsAfterFinished
        restartScope = policy.restartScope?.rawValue
        suspend = policy.suspend
    }
}
