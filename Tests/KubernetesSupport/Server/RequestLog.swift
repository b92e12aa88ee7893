import Synchronization

/// One request that came.
package struct LoggedRequest: Sendable {
    package let method: String
    /// Where the client believes to be: `127.0.0.1:6443`.
    package let host: String
    package let path: String
    package let query: [String: String]
    package let user: String
    package let contentType: String
    package let userAgent: String
    /// What it was answered with; 0 where the connection was closed instead.
    package let status: Int
    package let body: String

    /// Whether it asked for a change.
    package var isWrite: Bool { method != "GET" && method != "HEAD" }
}

/// All requests so far.
package final class RequestLog: Sendable {
    private let entries = Mutex<[LoggedRequest]>([])

    package var all: [LoggedRequest] { entries.withLock(\.self) }

    package var count: Int { entries.withLock(\.count) }

    package func clear() { entries.withLock { $0 = [] } }

    func append(_ entry: LoggedRequest) { entries.withLock { $0.append(entry) } }
}
