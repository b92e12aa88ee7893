import Foundation
import Jobs

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

    var metadata: ObjectMetadata
    var status: Status?

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
