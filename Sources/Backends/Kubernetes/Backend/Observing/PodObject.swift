import Foundation
import Jobs
import KubernetesClient

/// A pod, reduced to the fields that show how its replica is doing.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus>.
struct PodObject: ClusterObject, Equatable {
    struct Waiting: Decodable, Sendable, Equatable {
        var reason: String?
        var message: String?
    }

    struct Running: Decodable, Sendable, Equatable {
        var startedAt: String?
    }

    struct Terminated: Decodable, Sendable, Equatable {
        var exitCode: Int
        var reason: String?
        var message: String?
        var startedAt: String?
        var finishedAt: String?
    }

    struct ContainerState: Decodable, Sendable, Equatable {
        var waiting: Waiting?
        var running: Running?
        var terminated: Terminated?
    }

    struct Container: Decodable, Sendable, Equatable {
        var name: String
        var restartCount: Int?
        var state: ContainerState?
        var lastState: ContainerState?
    }

    struct Status: Decodable, Sendable, Equatable {
        var phase: String?
        var reason: String?
        var message: String?
        var conditions: [Condition]?
        var initContainerStatuses: [Container]?
        var containerStatuses: [Container]?
    }

    private struct Spec: Decodable {
        var nodeName: String?
    }

    private enum Key: String, CodingKey {
        case metadata, spec, status
    }

    var metadata: ObjectMetadata
    var nodeName: String?
    var status: Status
    /// The replica's index in its group; nil if no label or annotation has it.
    var index: Int?

    /// Decodes the needed fields and keeps no others, because there may be many pods.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        nodeName = try container.decodeIfPresent(Spec.self, forKey: .spec)?.nodeName
        status = try container.decodeIfPresent(Status.self, forKey: .status) ?? Status()
        let text =
            metadata.annotations?[PodShape.IndexSource.completionIndex.rawValue]
            ?? metadata.labels?[PodShape.IndexSource.completionIndex.rawValue]
            ?? metadata.labels?[PodShape.IndexSource.operatorLabel.rawValue]
        index = text.flatMap { Int($0) }
        metadata.keepOnly(labels: Marks.labelNames, annotations: [])
    }

    var reference: ObjectReference {
        ObjectReference(kind: .pods, namespace: metadata.namespace, name: metadata.name)
    }

    /// The replica group of the pod.
    var type: ReplicaType? { metadata.labels?[Marks.replicaType].flatMap { ReplicaType(rawValue: $0) } }

    /// The replica's name, as in ``ReplicaStatus/name``; nil if no label has it.
    var replica: String? { type.flatMap { type in index.map { "\(type.rawValue)-\($0)" } } }

    /// The attempt of the run that the pod belongs to.
    var attempt: Int { metadata.labels?[Marks.attempt].flatMap { Int($0) } ?? 0 }

    /// Whether the pod belongs to a copy of the run's TFJob or Job: somebody made it under another name, with all labels.
    func isOfCopy(of run: RunID) -> Bool {
        guard let type, let owner = metadata.ownerReferences?.first(where: { $0.controller == true }) else {
            return false
        }
        let isOfJob = owner.kind == ResourceKind.jobs.name
        return owner.name != (isOfJob ? ObjectName.job(run.key.id, type) : ObjectName.of(run.key.id))
    }

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// The container that trains.
    var training: Container? { status.containerStatuses?.first { $0.name == PodShape.container } }
}

/// How a replica is doing, by its pod.
extension PodObject {
    var state: ReplicaStatus.State {
        switch status.phase {
        // Between two runs of a container that crashes, the phase stays `Running`.
        case "Running": training?.state?.waiting == nil ? .running : .pending
        case "Succeeded": .succeeded
        case "Failed": .failed
        case "Unknown": .unknown
        default: .pending
        }
    }

    /// When the training container started.
    var startTime: Date? {
        let state = training?.state
        return (state?.running?.startedAt ?? state?.terminated?.startedAt).flatMap(APITime.date)
    }

    /// The exit code of a training container that ended by itself.
    var exitCode: Int? {
        guard let ended = training?.state?.terminated, !isBeingDeleted || state == .succeeded else { return nil }
        return ended.exitCode
    }

    /// When the training container ended.
    var endTime: Date? { training?.state?.terminated?.finishedAt.flatMap(APITime.date) }

    /// Whether the cluster ended the pod: its node is gone, or it was evicted or preempted.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions>.
    var isDisrupted: Bool { status.conditions.holding("DisruptionTarget") != nil }
}
