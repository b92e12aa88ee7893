import Jobs
import KubernetesClient

/// A pod, as far as it is read.
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
        var startTime: String?
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
    /// Which replica of its group it is; nil where nothing says so.
    var index: Int?

    /// Reads what is needed and keeps no more: there may be many.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        nodeName = try container.decodeIfPresent(Spec.self, forKey: .spec)?.nodeName
        status = try container.decodeIfPresent(Status.self, forKey: .status) ?? Status()
        let text =
            metadata.annotations?[PodShape.IndexSource.completionIndex.name]
            ?? metadata.labels?[PodShape.IndexSource.completionIndex.name]
            ?? metadata.labels?[PodShape.IndexSource.operatorLabel.name]
        index = text.flatMap { Int($0) }
        metadata.keepOnly(labels: Marks.labelNames, annotations: [])
        metadata.annotations = nil
    }

    /// The replica group that it belongs to.
    var type: ReplicaType? { metadata.labels?[Marks.replicaType].flatMap { ReplicaType(rawValue: $0) } }

    /// Which attempt of its run it belongs to.
    var attempt: Int { metadata.labels?[Marks.attempt].flatMap { Int($0) } ?? 0 }

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// The container that trains.
    var training: Container? { status.containerStatuses?.first { $0.name == PodShape.container } }
}
