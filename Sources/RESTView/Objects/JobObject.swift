import Foundation
import Jobs
import Journal

/// A job as the REST view shows it.
struct JobObject: Encodable {
    private let metadata: Metadata
    private let spec: CanonicalJob?
    private let status: Status
    private let isGone: Bool

    init(_ record: JobRecord) {
        metadata = Metadata(record)
        spec = record.shown.map { CanonicalJob($0.masked, includesName: false) }
        status = Status(record)
        isGone = !record.isShown
    }

    private enum CodingKeys: CodingKey {
        case metadata, spec, status
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metadata, forKey: .metadata)
        // A job that is gone has nothing but its name.
        guard !isGone else { return }
        // `encode` writes null for a missing value; `encodeIfPresent` would omit the key.
        try container.encode(spec, forKey: .spec)
        try container.encode(status, forKey: .status)
    }

    private struct Metadata: Encodable {
        let uid: String
        let author: String
        let id: String
        let name: String
        let cluster: String
        let partition: String
        @Nullable var creationTime: Date?
        @Nullable var lastUpdateTime: Date?
        let commit: String
        let path: String

        init(_ record: JobRecord) {
            uid = record.attribution.uid
            author = record.attribution.author
            id = record.key.id
            name = record.shown?.name ?? record.key.id
            cluster = record.key.cluster
            partition = record.key.partition
            creationTime = record.attribution.created
            lastUpdateTime = record.attribution.updated
            commit = record.attribution.commit
            path = record.key.path
        }
    }

    private struct Status: Encodable {
        let phase: Phase
        let reason: String
        let message: String
        let run: Int
        @Nullable var runCommit: String?
        @Nullable var runAuthor: String?
        @Nullable var startTime: Date?
        @Nullable var completionTime: Date?
        @Nullable var activeSeconds: Double?
        @Nullable var activeSince: Date?
        let replicas: [Replica]
        @Nullable var progress: Progress?
        let issues: [Issue]

        init(_ record: JobRecord) {
            phase = record.phase
            reason = record.status.reason
            message = record.status.message
            run = record.run
            runCommit = record.runCommit
            runAuthor = record.runAuthor
            startTime = record.startTime
            completionTime = record.status.completionTime
            activeSeconds = record.active?.past
            activeSince = record.active?.since
            replicas = record.status.replicas.map { Replica($0, job: record.key.id) }
            progress = record.status.progress.map(Progress.init)
            issues = record.issues
        }
    }

    private struct Progress: Encodable {
        let step: Int
        @Nullable var of: Int?
        @Nullable var rate: Double?
        @Nullable var secondsLeft: Int?

        init(_ progress: RunProgress) {
            step = progress.step
            of = progress.of
            rate = progress.rate
            secondsLeft = progress.secondsLeft
        }
    }

    private struct Replica: Encodable {
        let id: String
        let type: ReplicaType
        let index: Int
        let status: ReplicaStatus.State
        let restartCount: Int
        @Nullable var startTime: Date?
        @Nullable var exitCode: Int?
        @Nullable var node: String?

        init(_ replica: ReplicaStatus, job: String) {
            id = "\(job)-\(replica.name)"
            type = replica.type
            index = replica.index
            status = replica.state
            restartCount = replica.restartCount
            startTime = replica.startTime
            exitCode = replica.exitCode
            node = replica.node
        }
    }
}
