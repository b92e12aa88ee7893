import Foundation
import Jobs
import KubernetesClient

/// The object that stands for a run: a TFJob, or the Service of Indexed Jobs.
struct AnchorObject: ClusterObject, Equatable {
    /// Of a TFJob; a Service has none of it.
    struct Status: Decodable, Sendable, Equatable {
        struct Replicas: Decodable, Sendable, Equatable {
            var active: Int?
            var succeeded: Int?
            var failed: Int?
        }

        var conditions: [Condition]?
        var startTime: String?
        var completionTime: String?
        /// By the type's name in the spec, `Worker` say.
        var replicaStatuses: [String: Replicas?]?
    }

    /// Of a Service, what we say of it; a TFJob has none of it.
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
            return spec.holds(RunMapping.service(labels))
        }
    }

    private enum Key: String, CodingKey {
        case metadata, spec, status
    }

    var metadata: ObjectMetadata
    var status: Status?
    /// Whether nobody has changed it, as far as that can be seen without what it was made of: a Service counts no changes.
    var isIntact: Bool

    /// Reads what is needed; of a spec no more is kept than whether it is as it was made.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        metadata.keepOnly(labels: Marks.labelNames, annotations: Marks.annotationNames)
        status = try container.decodeIfPresent(Status.self, forKey: .status)
        let spec = try container.decodeIfPresent(ServiceSpec.self, forKey: .spec)
        isIntact = spec?.isIntact(metadata.labels ?? [:]) ?? true
    }

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// What an annotation of ours says.
    func note(_ name: String) -> String? { metadata.annotations?[name] }

    /// Whether this installation made it.
    func isOwned(by installation: String) -> Bool {
        metadata.labels?[Marks.managedBy] == Marks.manager && metadata.labels?[Marks.installation] == installation
    }

    /// The job that was started; nil where the annotation is gone or spoilt.
    func job(_ id: RunID) -> Job? {
        note(Marks.job).flatMap { JobFile.read(Array($0.utf8), at: id.key).job }
    }

    /// Which attempt of the run it stands for.
    var attempt: Attempt { note(Marks.attempt).flatMap(Attempt.read) ?? .first }

    /// Whether the run is over, by its own status or by our note.
    var isFinished: Bool {
        note(Marks.result) != nil || status?.conditions.isFinished == true
    }
}

/// How a run ended, as an annotation.
enum ResultNote {
    static func text(_ status: RunStatus) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(status), as: UTF8.self)
    }

    static func read(_ text: String) -> RunStatus? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(RunStatus.self, from: Data(text.utf8))
    }
}
