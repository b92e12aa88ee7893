import Synchronization

/// How many answers that last (followed logs, watched lists) each client has at a time.
final class StreamLimit: Sendable {
    /// One of a client's streams, as long as it is held.
    final class Place: Sendable {
        private let client: String
        private let limit: StreamLimit

        fileprivate init(client: String, limit: StreamLimit) {
            self.client = client
            self.limit = limit
        }

        deinit {
            limit.release(client)
        }
    }

    private let perClient: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter perClient: at most so many.
    init(perClient: Int) {
        self.perClient = perClient
    }

    /// How many there are now, of all clients.
    var count: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// Takes a place.
    ///
    /// - Throws: ``Problem`` with 429 where the client has all of its own.
    func place(for client: StreamClient) throws(Problem) -> Place {
        let isFree = counts.withLock { counts in
            guard counts[client.name, default: 0] < perClient else { return false }
            counts[client.name, default: 0] += 1
            return true
        }
        guard isFree else {
            throw .tooManyRequests("you have \(perClient) open streams, as many as there may be; close one first")
        }
        return Place(client: client.name, limit: self)
    }

    private func release(_ client: String) {
        counts.withLock { counts in
            let rest = counts[client, default: 1] - 1
            counts[client] = rest == 0 ? nil : rest
        }
    }
}
