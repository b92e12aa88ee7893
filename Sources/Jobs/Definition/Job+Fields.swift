/// The value of a field in the canonical form of a job; nil if the file does not have the key.
enum JobFieldValue {
    case text(String?)
    case number(Int?)
    case flag(Bool?)
    case list([String]?)
    case numbers([Int]?)
    case map([String: String]?)
}

/// What a field adds to the digest of a job.
struct DigestPart {
    /// The digest's fields, in the order in which they are hashed. The order and the names never change: digests are
    /// stored.
    enum Name: String, CaseIterable {
        case runtime, workdir, bootfile, module, args, environment
        case checkpointDir, eventDir, modelDir, logDir
        case replicas, successPolicy, cleanPodPolicy, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished
        case restartScope
        // Absent with the default value: jobs keep the digests that they had before there were these fields.
        case retryExitCodes, gracePeriodSeconds, progressDeadlineSeconds
    }

    let name: Name
    let values: [String]

    init(_ name: Name, _ values: [String]) {
        self.name = name
        self.values = values
    }

    /// A part with one value, or without a value if the field is absent and has no default.
    init(_ name: Name, _ value: String?) {
        self.init(name, value.map { [$0] } ?? [])
    }
}

/// Receives each field of a job once; see ``Job/visitFields(_:)``.
protocol JobFieldVisitor {
    /// - Parameters:
    ///   - key: the field's key in the job file.
    ///   - value: the canonical value.
    ///   - digest: what the digest covers; empty for a field that may change without a restart.
    mutating func visit(
        _ key: StaticString,
        _ value: @autoclosure () -> JobFieldValue,
        digest: @autoclosure () -> [DigestPart]
    )

    /// - Parameters:
    ///   - isWritten: whether the file has the object. The digest covers its fields in any case.
    ///   - content: visits the object's fields.
    mutating func visitObject(
        _ key: StaticString,
        isWritten: Bool,
        _ content: (inout Self) -> Void
    )

    /// - Parameter content: visits the fields of one group.
    mutating func visitGroups(
        _ key: StaticString,
        _ groups: [ReplicaGroup],
        digest: @autoclosure () -> [DigestPart],
        _ content: (inout Self, ReplicaGroup) -> Void
    )
}

extension Job {
    /// The one table of a job's fields, sorted by key: key, canonical value, and what the digest covers.
    ///
    /// The canonical text, the encoded form and the digest all come from it. In the digest, defaults are filled in and
    /// quantities count by value, so that two spellings of the same job have the same digest.
    func visitFields(_ visitor: inout some JobFieldVisitor) {
        visitor.visit("args", .list(args), digest: [.init(.args, args)])
        visitor.visit("bootfile", .text(bootfile), digest: [.init(.bootfile, bootfile)])
        visitor.visit("checkpointDir", .text(checkpointDir), digest: [.init(.checkpointDir, checkpointDir ?? "")])
        visitor.visit("dependsOn", .list(dependsOn), digest: [])
        visitor.visit("description", .text(description), digest: [])
        visitor.visit("environment", .map(environment), digest: environmentDigest)
        visitor.visit("eventDir", .text(eventDir), digest: [.init(.eventDir, eventDir ?? "")])
        visitor.visit("logDir", .text(logDir), digest: [.init(.logDir, logDir ?? "")])
        visitor.visit("modelDir", .text(modelDir), digest: [.init(.modelDir, modelDir ?? "")])
        // A job without a module keeps the digest that it had before there were modules.
        visitor.visit("module", .text(module), digest: module.map { [.init(.module, $0)] } ?? [])
        visitor.visit("name", .text(name), digest: [])
        visitor.visit("priority", .number(priority), digest: [])
        visitor.visitGroups("replicas", replicas, digest: replicasDigest) { visitor, group in
            Self.visitGroupFields(&visitor, group)
        }
        visitor.visit("rerun", .number(rerun), digest: [])
        let policy = effectiveRunPolicy
        visitor.visitObject("runPolicy", isWritten: runPolicy != nil) { visitor in
            Self.visitPolicyFields(&visitor, policy)
        }
        visitor.visit("runtime", .text(runtime.description), digest: [.init(.runtime, runtime.description)])
        visitor.visit(
            "successPolicy",
            .text(successPolicy?.rawValue),
            digest: [.init(.successPolicy, effectiveSuccessPolicy.rawValue)]
        )
        visitor.visit("workdir", .text(workdir), digest: [.init(.workdir, workdir)])
    }

    private static func visitGroupFields(_ visitor: inout some JobFieldVisitor, _ group: ReplicaGroup) {
        visitor.visit("count", .text(String(group.count)), digest: [])
        visitor.visitObject("resource", isWritten: true) { visitor in
            visitor.visit("cpu", .text(group.resource.cpu.description), digest: [])
            visitor.visit("gpu", .text(String(group.resource.gpu)), digest: [])
            visitor.visit("memory", .text(group.resource.memory.text), digest: [])
        }
        visitor.visit("restartPolicy", .text(group.restartPolicy?.rawValue), digest: [])
        visitor.visit("type", .text(group.type.rawValue), digest: [])
    }

    /// One part for each group that has replicas, sorted by type: all of the group's fields.
    private var replicasDigest: [DigestPart] {
        replicas.filter { $0.count > 0 }.sorted { $0.type.rawValue < $1.type.rawValue }.map { group in
            let (type, restartPolicy) = (group.type.rawValue, group.effectiveRestartPolicy.rawValue)
            let resource = group.resource
            let numbers = [group.count, resource.cpu.millicores, resource.memory.bytes, resource.gpu]
            return DigestPart(.replicas, [type, restartPolicy] + numbers.map(String.init))
        }
    }

    private var environmentDigest: [DigestPart] {
        (environment ?? [:]).sorted { $0.key < $1.key }.map { DigestPart(.environment, [$0.key, $0.value]) }
    }

    private static func visitPolicyFields(_ visitor: inout some JobFieldVisitor, _ policy: RunPolicy) {
        visitor.visit(
            "activeDeadlineSeconds",
            .number(policy.activeDeadlineSeconds),
            digest: [.init(.activeDeadlineSeconds, policy.activeDeadlineSeconds.map(String.init))]
        )
        visitor.visit(
            "backoffLimit",
            .number(policy.backoffLimit),
            digest: [.init(.backoffLimit, String(policy.effectiveBackoffLimit))]
        )
        visitor.visit(
            "cleanPodPolicy",
            .text(policy.cleanPodPolicy?.rawValue),
            digest: [.init(.cleanPodPolicy, policy.effectiveCleanPodPolicy.rawValue)]
        )
        visitor.visit(
            "gracePeriodSeconds",
            .number(policy.gracePeriodSeconds),
            digest: graceDigest(policy)
        )
        visitor.visit(
            "progressDeadlineSeconds",
            .number(policy.progressDeadlineSeconds),
            digest: policy.progressDeadlineSeconds.map { [.init(.progressDeadlineSeconds, String($0))] } ?? []
        )
        visitor.visit(
            "restartScope",
            .text(policy.restartScope?.rawValue),
            digest: [.init(.restartScope, policy.effectiveRestartScope.rawValue)]
        )
        visitor.visit(
            "retryExitCodes",
            .numbers(policy.retryExitCodes),
            digest: retryCodesDigest(policy)
        )
        visitor.visit("suspend", .flag(policy.suspend), digest: [])
        visitor.visit(
            "ttlSecondsAfterFinished",
            .number(policy.ttlSecondsAfterFinished),
            digest: [.init(.ttlSecondsAfterFinished, policy.ttlSecondsAfterFinished.map(String.init))]
        )
    }

    private static func graceDigest(_ policy: RunPolicy) -> [DigestPart] {
        let seconds = policy.effectiveGracePeriodSeconds
        return seconds == RunPolicy().effectiveGracePeriodSeconds ? [] : [.init(.gracePeriodSeconds, String(seconds))]
    }

    private static func retryCodesDigest(_ policy: RunPolicy) -> [DigestPart] {
        let codes = Set(policy.effectiveRetryExitCodes)
        guard codes != Set(RunPolicy().effectiveRetryExitCodes) else { return [] }
        return [.init(.retryExitCodes, codes.sorted().map(String.init))]
    }
}
