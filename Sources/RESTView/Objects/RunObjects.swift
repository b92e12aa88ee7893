import Foundation
import Jobs
import Journal

/// An event of a run, as the REST view shows it.
struct EventObject: Encodable {
    private let time: Date
    private let run: Int
    @Nullable private var replica: String?
    private let type: RunEvent.Kind
    private let reason: RunEvent.Reason
    private let message: String

    init(_ event: RunEvent) {
        time = event.time
        run = event.run
        replica = event.replica
        type = event.kind
        reason = event.reason
        message = event.message
    }
}

/// The record of a run, as the REST view shows it.
struct RunObject: Encodable {
    private let run: Int
    private let commit: String
    @Nullable private var runCommit: String?
    private let phase: String
    private let reason: String
    private let message: String
    @Nullable private var startTime: Date?
    @Nullable private var completionTime: Date?
    @Nullable private var activeSeconds: Double?
    @Nullable private var activeSince: Date?
    @Nullable private var spec: CanonicalJob?
    @Nullable private var python: String?
    @Nullable private var platform: String?
    private let packages: [String]
    private let replicas: [Replica]

    private struct Replica: Encodable {
        let id: String
        @Nullable var exitCode: Int?
        let restartCount: Int
        @Nullable var cpuSeconds: Double?
        @Nullable var peakMemory: Int?
        @Nullable var gpuSeconds: Double?
    }

    init(_ record: RunRecord) {
        let job = record.id.key.id
        run = record.id.number
        commit = record.commit
        runCommit = record.runCommit
        phase = record.phase
        reason = record.reason
        message = record.message
        startTime = record.startTime
        completionTime = record.completionTime
        activeSeconds = record.active?.past
        activeSince = record.active?.since
        spec = record.job.map { CanonicalJob($0.masked, includesName: false) }
        python = record.environment?.python
        platform = record.environment?.platform
        packages = record.environment?.packages ?? []
        replicas = record.replicas.map { replica in
            Replica(
                id: "\(job)-\(replica.name)",
                exitCode: replica.exitCode ?? replica.lastExit?.code,
                restartCount: replica.restartCount,
                cpuSeconds: replica.usage?.cpuSeconds,
                peakMemory: replica.usage?.peakMemory,
                gpuSeconds: replica.usage?.gpuSeconds
            )
        }
    }
}
