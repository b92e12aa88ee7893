import Foundation
import Jobs

/// Follows a log to the end of its replica, over restarts of the service: each byte comes once, and none is left out.
///
/// A log only ever grows, so a number of bytes says where to go on.
struct LogFollow {
    /// How long a service may be away.
    private static let patience = Duration.seconds(300)
    private static let pause = Duration.milliseconds(250)

    private let client: ServerClient
    private var request: LogRequest
    private let write: (Data) throws -> Void
    /// How many bytes of the log are behind us.
    private var position = 0
    /// Whether something of the log was there to be read.
    private var hasBegun = false
    private var notes: Set<String> = []

    init(_ client: ServerClient, _ request: LogRequest, write: @escaping (Data) throws -> Void) {
        self.client = client
        self.request = request
        self.write = write
    }

    /// - Parameter tail: begin with so many lines before the end as it is now; nil: with the first.
    mutating func run(tail: Int?) async throws {
        try await pin()
        if let tail {
            try await begin(tail: tail)
        }
        var end = ContinuousClock.now + Self.patience
        while true {
            do {
                // Asked before: what is read after it is the whole log.
                let isLast = try await hasEnded()
                try await readOn(follow: !isLast)
                if isLast { return }
                end = .now + Self.patience
            } catch let error as ServerError {
                guard try await isWorthWaiting(error), .now < end else {
                    // Of a job that was removed there may be no more than what was read.
                    guard hasBegun, error.kind == .notFound else { throw error }
                    return StandardError.say("\(error): the log ends here")
                }
                note(error)
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Settles which run and which replica it is: a newer run begins a log of its own.
    private mutating func pin() async throws(ServerError) {
        guard let job = try await client.job(request.key) else { return }
        if request.run == nil, job.status.run > 0 {
            request.run = job.status.run
        }
        request.replica = request.replica ?? ReplicaName.first(of: job)
    }

    /// Writes the last lines. The service could pick them, but would not say at which byte they begin.
    private mutating func begin(tail: Int) async throws {
        var lines = LastLines(tail)
        do {
            try await LogDownload(client, request.path()).forEach { lines.append($0) }
        } catch let error as ServerError {
            guard try await isWorthWaiting(error) else { throw error }
            return
        }
        try write(lines.bytes)
        position = lines.size
    }

    private mutating func readOn(follow: Bool) async throws {
        let stream = try await LogDownload(client, request.path(follow: follow), from: position)
        notes = []
        hasBegun = true
        var written = 0
        defer { position += written }
        try await stream.forEach { data in
            try write(data)
            written += data.count
        }
    }

    /// Whether the replica writes no more.
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

    /// A service comes back, and a run that is being made ready has a log soon.
    private mutating func isWorthWaiting(_ error: ServerError) async throws -> Bool {
        guard error.kind == .notFound else { return error.isPassing }
        try await pin()
        guard let job = try await client.job(request.key), let phase = Phase(rawValue: job.status.phase) else {
            return false
        }
        let replicas = job.status.replicas
        let isThere = request.replica == nil || replicas.isEmpty || replicas.contains { $0.name == request.replica }
        let isNewest = request.run == nil || request.run == job.status.run
        return isThere && isNewest && [.pending, .preparing, .queued, .running, .restarting].contains(phase)
    }

    /// Says once why nothing comes.
    private mutating func note(_ error: ServerError) {
        guard notes.insert(error.description).inserted else { return }
        StandardError.say("\(error); waiting")
    }
}
