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

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// The container that trains.
    var training: Container? { status.containerStatuses?.first { $0.name == PodShape.container } }
}

/// How a replica is doing, by its pod.
extension PodObject {
    var state: ReplicaStatus.State {
        switch status.phase {
        case "Running": .running
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

    /// Why the pod doesn't run yet; nil if it runs, or if the pod gives no reason.
    var waitingReason: (reason: String, message: String)? {
        if let fault = status.conditions?.first(where: { $0.type == "PodScheduled" && $0.status == "False" }) {
            let reason = fault.reason ?? "Unschedulable"
            return (reason, fault.message.map { "has no node: \($0)" } ?? "has no node yet")
        }
        for container in status.initContainerStatuses ?? [] {
            if let found = Self.fault(of: container, isInitial: true) { return found }
        }
        return training.flatMap { Self.fault(of: $0, isInitial: false) }
    }

    /// Reasons that every starting pod has.
    private static let ordinary: Set = ["ContainerCreating", "PodInitializing"]

    private static func fault(of container: Container, isInitial: Bool) -> (reason: String, message: String)? {
        let place = isInitial ? "its code can't be fetched" : "its container can't start"
        if let waiting = container.state?.waiting, let reason = waiting.reason, !ordinary.contains(reason) {
            let last = container.lastState?.terminated.map { "; it exited with code \($0.exitCode)" } ?? ""
            return (reason, "\(place): \(reason)\(waiting.message.map { ": \($0)" } ?? "")\(last)")
        }
        if isInitial, let ended = container.state?.terminated, ended.exitCode != 0 {
            return (
                "InitContainerFailed", "\(place): exit code \(ended.exitCode)\(ended.message.map { ": \($0)" } ?? "")"
            )
        }
        return nil
    }

    /// How the pod failed, for messages.
    var failureText: String { failureReason ?? exitCode.map { "exited with code \($0)" } ?? "failed" }

    /// Why the pod failed, if not by an exit code of the script. For example, it was evicted.
    private var failureReason: String? {
        guard state == .failed else { return nil }
        if training?.state?.terminated?.reason == "OOMKilled" { return "was killed for its use of memory (OOMKilled)" }
        guard training?.state?.terminated == nil, let reason = status.reason else { return nil }
        return "failed: \(reason)\(status.message.map { ": \($0)" } ?? "")"
    }
}
