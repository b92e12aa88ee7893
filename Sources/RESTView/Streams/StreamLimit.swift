import Foundation
import Hummingbird
import Jobs
import Platform
import Synchronization

/// The reader of a stream: a followed log or a watched list.
struct StreamClient: Sendable {
    /// The signed-in user, or else an address. Streams with the same name are counted together.
    let name: String
    /// Whether the client has to prove its identity again from time to time.
    let isSignedIn: Bool
    /// When the client's token expires; nil without a token.
    let end: ContinuousClock.Instant?
    /// Closes the client's connection.
    var close: @Sendable () -> Void = {}
}

/// Counts the open streams of each client, and limits them.
final class StreamLimit: Sendable {
    private struct State {
        var perClient: Int
        var counts: [String: Int] = [:]
        /// What ends the open streams.
        var ends = Listeners<@Sendable () -> Void>()
    }

    private let state: Mutex<State>

    /// Creates a limit of streams for each client.
    init(perClient: Int) {
        state = Mutex(State(perClient: perClient))
    }

    /// The number of open streams of all clients.
    var count: Int { state.withLock { $0.counts.values.reduce(0, +) } }

    /// Changes the limit. Streams beyond it go on.
    func setLimit(_ perClient: Int) {
        state.withLock { $0.perClient = perClient }
    }

    /// Ends all open streams.
    func endAll() {
        for end in state.withLock(\.ends.all) {
            end()
        }
    }

    /// Counts a new stream until the place is released.
    ///
    /// - Throws: ``Problem`` with 429 if the client has reached its limit.
    func takePlace(for client: StreamClient) throws(Problem) -> Registration {
        let limit: Int? = state.withLock { state in
            guard state.counts[client.name, default: 0] < state.perClient else { return state.perClient }
            state.counts[client.name, default: 0] += 1
            return nil
        }
        if let limit {
            throw .tooManyRequests("you have \(limit) open streams, as many as there may be; close one first")
        }
        let number = state.withLock { $0.ends.add(client.close) }
        return Registration {
            self.state.withLock { $0.ends.remove(number) }
            self.releasePlace(of: client.name)
        }
    }

    private func releasePlace(of client: String) {
        state.withLock { state in
            let rest = state.counts[client, default: 1] - 1
            state.counts[client] = rest == 0 ? nil : rest
        }
    }
}

extension Response {
    /// A streamed answer. It ends when its content ends, when the client disconnects, and when the service stops.
    ///
    /// Its connection is not reused: reading from it shows whether the client is still there.
    ///
    /// - Parameters:
    ///   - type: the content type.
    ///   - request: the request.
    ///   - place: released at the end.
    ///   - write: writes the body. It is cancelled when the client disconnects.
    init(
        streaming type: String,
        to request: Request,
        holding place: Registration,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) {
        self.init(document: Data(), type: type)
        headers[.cacheControl] = "no-store"
        headers[.connection] = "close"
        // A buffering proxy (nginx) would hold the stream back.
        headers.set("X-Accel-Buffering", to: "no")
        body = ResponseBody { writer in
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await write(&writer)
                try await writer.finish(nil)
            }
            withExtendedLifetime(place) {}
        }
    }
}

extension LogStream {
    /// The same log. It ends at the given moment even if there is more of it; nil sets no end.
    func ending(at end: ContinuousClock.Instant?) -> LogStream {
        guard let end else { return self }
        return LogStream {
            guard .now < end else { return nil }
            return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    var log = makeAsyncIterator()
                    return try await log.next()
                }
                group.addTask {
                    try await Task.sleep(until: end)
                    return nil
                }
                return try await group.next() ?? nil
            }
        }
    }
}
