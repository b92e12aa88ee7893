import Foundation
import JobFile
import Jobs
import KubernetesClient

/// The object that represents a run: a TFJob, or the Service of Indexed Jobs.
struct AnchorObject: ClusterObject, Equatable {
    /// The status of a TFJob; a Service has none of these fields.
    struct Status: Decodable, Sendable, Equatable {
        struct Replicas: Decodable, Sendable, Equatable {
            var active: Int?
            var succeeded: Int?
            var failed: Int?
        }

        var conditions: [Condition]?
        var startTime: String?
        var completionTime: String?
        /// By the type's name in the spec, for example `Worker`.
        var replicaStatuses: [String: Replicas?]?
    }

    /// The fields of a Service that we set; a TFJob has none of them.
    private struct ServiceSpec: Decodable {
        var clusterIP: JSONValue?
        var publishNotReadyAddresses: JSONValue?
        var selector: JSONValue?
        var ports: JSONValue?

        func isIntact(_ labels: [String: String]) -> Bool {
            guard let clusterIP, let selector else { return true }
            let spec: JSONValue = [
                "clusterIP": clusterIP, "publishNotReadyAddresses": publishNotReadyAddresses ?? false,
                "selector": selector, "ports": ports ?? [],
            ]
            return SpecRepair(queue: nil).patch(spec, to: RunMapping.service(labels)) == nil
        }
    }

    private enum Key: String, CodingKey {
        case metadata, spec, status
    }

    var metadata: ObjectMetadata
    var status: Status?
    /// Whether the Service is as we created it. Always true for a TFJob, whose `generation` counts changes; a Service has none.
    var isIntact: Bool
    /// Whether somebody changed or removed the labels that name the run. ``metadata`` has them as we wrote them.
    var hasAlteredLabels = false

    /// Decodes the needed fields, and reduces the spec to ``isIntact``.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        status = try container.decodeIfPresent(Status.self, forKey: .status)
        let spec = try container.decodeIfPresent(ServiceSpec.self, forKey: .spec)
        metadata.keepOnly(labels: Marks.labelNames, annotations: Marks.annotationNames)
        isIntact = spec?.isIntact(metadata.labels ?? [:]) ?? true
        restoreLabels(from: try? container.decodeIfPresent(MarkedSpec.self, forKey: .spec))
    }

    /// Takes labels that somebody changed or removed from the spec, which has a copy of them for the pods.
    private mutating func restoreLabels(from spec: MarkedSpec?) {
        let copy = spec?.labels ?? [:]
        for name in Marks.identityNames where copy[name] != nil && metadata.labels?[name] != copy[name] {
            metadata.labels = metadata.labels ?? [:]
            metadata.labels?[name] = copy[name]
            hasAlteredLabels = true
        }
    }

    /// The part of a spec that has a copy of the anchor's labels: a Service's selector, or a TFJob's pod templates.
    private struct MarkedSpec: Decodable {
        struct Replica: Decodable {
            struct Template: Decodable {
                struct Metadata: Decodable {
                    var labels: [String: String]?
                }

                var metadata: Metadata?
            }

            var template: Template?
        }

        var selector: [String: String]?
        var tfReplicaSpecs: [String: Replica]?

        var labels: [String: String]? {
            selector ?? tfReplicaSpecs?.min { $0.key < $1.key }?.value.template?.metadata?.labels
        }
    }

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// The value of one of our annotations.
    func annotation(_ name: String) -> String? { metadata.annotations?[name] }

    /// The commit whose tree the run uses.
    var runCommit: String { annotation(Marks.runCommit) ?? annotation(Marks.commit) ?? "" }

    /// Whether this installation created the object.
    func isOwned(by installation: String) -> Bool {
        metadata.labels?[Marks.managedBy] == Marks.manager && metadata.labels?[Marks.installation] == installation
    }

    /// The job that was started; nil if the annotation is missing or invalid.
    func job(_ id: RunID) -> Job? {
        annotation(Marks.job).flatMap { JobFile.read(Array($0.utf8), at: id.key, under: .whenAccepted).job }
    }

    /// The attempt that the object represents.
    var attempt: Attempt { annotation(Marks.attempt).flatMap { AnnotationText.decode($0, as: Attempt.self) } ?? .first }

    /// The version of the defaults that the run started with.
    var defaults: DefaultsVersion {
        annotation(Marks.defaults).flatMap { Int($0) }.flatMap(DefaultsVersion.init) ?? .replicaScope
    }

    /// The end of the run, if this service recorded it.
    var result: RunStatus? { annotation(Marks.result).flatMap { AnnotationText.decode($0, as: RunStatus.self) } }

    /// Whether the run has ended, by the object's own status or by our annotation.
    var isFinished: Bool {
        annotation(Marks.result) != nil || status?.conditions.isFinished == true
    }
}

/// An Indexed Job.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/#JobStatus>.
struct BatchJobObject: ClusterObject, Equatable {
    struct Spec: Decodable, Sendable, Equatable {
        var suspend: Bool?
    }

    struct Status: Decodable, Sendable, Equatable {
        var conditions: [Condition]?
        /// Ranges of indexes, for example `0,2-4`.
        var completedIndexes: String?
        var startTime: String?
        /// The number of pods that are ready.
        var ready: Int?
    }

    var metadata: ObjectMetadata
    var spec: Spec?
    var status: Status?

    var reference: ObjectReference {
        ObjectReference(kind: .jobs, namespace: metadata.namespace, name: metadata.name)
    }

    /// The replica group of the Job.
    var type: ReplicaType? { metadata.labels?[Marks.replicaType].flatMap { ReplicaType(rawValue: $0) } }

    /// The attempt of the run that the Job belongs to.
    var attempt: Int { metadata.labels?[Marks.attempt].flatMap { Int($0) } ?? 0 }

    /// Why the Job failed; nil if it didn't. `FailureTarget` comes before `Failed`, which waits for the pods to end.
    var failure: Condition? { status?.conditions.holding("Failed") ?? status?.conditions.holding("FailureTarget") }

    /// How the Job ended; nil if it didn't.
    var end: Condition? { failure ?? status?.conditions.holding("Complete") }

    var isFinished: Bool { end != nil }

    /// Whether a replica has succeeded. Its pod may be gone.
    func hasCompleted(_ index: Int) -> Bool {
        (status?.completedIndexes ?? "").split(separator: ",").contains { part in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return false }
            return (first...last).contains(index)
        }
    }
}

/// A condition in an object's status.
struct Condition: Decodable, Sendable, Equatable {
    var type: String
    var status: String
    var reason: String?
    var message: String?
    var lastTransitionTime: String?

    var date: Date? { lastTransitionTime.flatMap(APITime.date) }
}

extension [Condition]? {
    /// The condition of a type, if its status is true.
    func holding(_ type: String) -> Condition? {
        self?.first { $0.type == type && $0.status == "True" }
    }

    /// Whether a TFJob has ended.
    var isFinished: Bool { holding("Succeeded") != nil || holding("Failed") != nil }
}
