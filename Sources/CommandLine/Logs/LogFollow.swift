import Foundation
import Jobs

/// Follows a log until its replica ends, even if the service restarts. Each byte is written exactly once.
///
/// A position in the log counts all that the replica printed, so it stays valid when the service removes old output.
struct LogFollow {
    /// How long to wait for a service that does not answer.
    private static let patience = Duration.seconds(300)
    private static let pause = Duration.milliseconds(250)

    private let client: ServerClient
    private var request: LogRequest
    private let write: (Data) throws -> Void
    /// The position after the last byte that was written.
    private var position = 0
    /// Whether a download of the log has succeeded.
    private var hasBegun = false
    /// Whether the replica was named on standard error.
    private var hasHint = false
    /// The errors that were reported since the last successful download.
    private var reported: Set<String> = []

    init(_ client: ServerClient, _ request: LogRequest, write: @escaping (Data) throws -> Void) {
        self.client = client
        self.request = request
        self.write = write
    }

    /// Writes the log until its replica ends.
    ///
    /// - Parameter tail: the number of existing lines to write first. Nil: all.
    mutating func run(tail: Int?) async throws {
        try await pinReplica()
        if let tail {
            try await writeLastLines(tail)
        }
        var end = ContinuousClock.now + Self.patience
        while true {
            do {
                // Ask before the download: if the replica has ended, the download gets all that is left.
                let isLast = try await hasEnded()
                try await writeNewBytes(follow: !isLast)
                if isLast { return }
                end = .now + Self.patience
            } catch let error as ServerError {
                guard try await isWorthWaiting(error), .now < end else {
                    // The job was removed, so the log may be gone.
                    guard hasBegun, error.kind == .notFound else { throw error }
                    return StandardError.writeMessage("\(error): the log ends here")
                }
                await reportOnce(error)
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Fixes the run and the replica, because a newer run has another log.
    private mutating func pinReplica() async throws(ServerError) {
        guard let job = try await client.job(request.key) else { return }
        if request.run == nil, job.status.run > 0 {
            request.run = job.status.run
        }
        guard request.replica == nil else { return }
        let hasFailed = Phase(rawValue: job.status.phase) == .failed
        let failed = hasFailed ? try? await LogDownload(client, request.path(tail: 0)).replica : nil
        request.replica = failed ?? ReplicaName.first(of: job)
        if let replica = request.replica {
            showHint(about: replica, job)
        }
    }

    /// Says once which replica it is.
    private mutating func showHint(about replica: String, _ job: JobAnswer) {
        guard !hasHint else { return }
        hasHint = true
        LogNote(job, run: request.run).showReplica(replica)
    }

    /// Writes the last lines. This downloads the whole log, because the service does not report at which byte the last
    /// lines begin.
    private mutating func writeLastLines(_ tail: Int) async throws {
        var lines = LastLines(tail)
        do {
            let log = try await LogDownload(client, request.path())
            try await log.forEach { lines.append($0) }
            position = log.start
        } catch let error as ServerError {
            guard try await isWorthWaiting(error) else { throw error }
            return
        }
        try write(lines.bytes)
        position += lines.size
        hasBegun = true
    }

    private mutating func writeNewBytes(follow: Bool) async throws {
        let stream = try await LogDownload(client, request.path(follow: follow), from: position)
        reported = []
        if hasBegun, position >= 0, stream.start > position {
            StandardError.writeMessage(
                "\(stream.start - position) bytes of output are skipped: newer output has replaced them"
            )
        }
        hasBegun = true
        position = stream.start
        var written = 0
        defer { position += written }
        try await stream.forEach { data in
            try write(data)
            written += data.count
        }
    }

    /// Whether the replica has ended, so that its log does not grow.
    private func hasEnded() async throws(ServerError) -> Bool {
        guard let job = try await client.job(request.key) else { return true }
        if let run = request.run, job.status.run != run { return true }
        switch Phase(rawValue: job.status.phase) {
        case .succeeded, .failed, .suspended: return true
        case .restarting: return false
        default:
            return job.status.replicas.first { $0.name == request.replica }?.hasEnded ?? false
        }
    }

    /// Whether the log may become available: the service restarts, or the run does not have its log yet.
    private mutating func isWorthWaiting(_ error: ServerError) async throws -> Bool {
        guard error.kind == .notFound else { return error.isPassing }
        try await pinReplica()
        guard let job = try await client.job(request.key), let phase = Phase(rawValue: job.status.phase) else {
            return false
        }
        let replicas = job.status.replicas
        let isThere = request.replica == nil || replicas.isEmpty || replicas.contains { $0.name == request.replica }
        let isNewest = request.run == nil || request.run == job.status.run
        return isThere && isNewest && [.pending, .preparing, .queued, .running, .restarting].contains(phase)
    }

    /// Reports once why there is no output.
    private mutating func reportOnce(_ error: ServerError) async {
        var error = error
        if error.kind == .notFound, let job = try? await client.job(request.key) {
            error = LogNote(job, run: request.run).explainAbsence(error)
        }
        guard reported.insert(error.description).inserted else { return }
        StandardError.writeMessage("\(error); waiting")
    }
}
