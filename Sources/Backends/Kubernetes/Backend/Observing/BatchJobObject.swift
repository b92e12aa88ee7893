import Jobs
import KubernetesClient

/// An Indexed Job, as far as it is read.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/#JobStatus>.
struct BatchJobObject: ClusterObject, Equatable {
    struct Spec: Decodable, Sendable, Equatable {
        var suspend: Bool?
    }

    struct Status: Decodable, Sendable, Equatable {
        var conditions: [Condition]?
        var active: Int?
        /// `0,2-4`.
        var completedIndexes: String?
    }

    private enum Key: String, CodingKey {
        case metadata, spec, status
    }

    var metadata: ObjectMetadata
    var spec: Spec?
    var status: Status?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        metadata.keepOnly(labels: Marks.labelNames, annotations: [])
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec)
        status = try container.decodeIfPresent(Status.self, forKey: .status)
    }

    /// The replica group that it runs.
    var type: ReplicaType? { metadata.labels?[Marks.replicaType].flatMap { ReplicaType(rawValue: $0) } }

    /// Which attempt of its run it belongs to.
    var attempt: Int { metadata.labels?[Marks.attempt].flatMap { Int($0) } ?? 0 }

    /// Why it failed; nil where it did not. `FailureTarget` comes before `Failed`, which waits for the pods' end.
    var failure: Condition? { status?.conditions.holding("Failed") ?? status?.conditions.holding("FailureTarget") }

    /// How it ended; nil where it did not.
    var end: Condition? { failure ?? status?.conditions.holding("Complete") }

    var isFinished: Bool { end != nil }

    /// Whether a replica has succeeded, its pod may be gone.
    func hasCompleted(_ index: Int) -> Bool {
        (status?.completedIndexes ?? "").split(separator: ",").contains { part in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return false }
            return (first...last).contains(index)
        }
    }
}
