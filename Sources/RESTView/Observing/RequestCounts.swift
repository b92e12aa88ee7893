import HTTPTypes
import Journal
import Synchronization

/// Counts answers, and measures how long they took.
final class RequestCounts: Sendable {
    struct Kind: Hashable, Sendable {
        /// The route's template; nil for a path without a route.
        let template: String?
        let method: String
        let status: Int
    }

    struct Snapshot: Sendable {
        var requests: [Kind: Int] = [:]
        /// How long answers took, in seconds, by the route's template.
        var latencies: [String?: Distribution] = [:]
    }

    /// The bounds of the durations, in seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private let state = Mutex(Snapshot())

    var snapshot: Snapshot { state.withLock { $0 } }

    func countAnswer(
        _ template: String?,
        _ method: HTTPRequest.Method,
        _ status: HTTPResponse.Status,
        _ time: Duration
    ) {
        // Clients can invent methods, and each would become a series.
        let method = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
        let seconds = time / .seconds(1)
        state.withLock { state in
            state.requests[Kind(template: template, method: method, status: status.code), default: 0] += 1
            state.latencies[template, default: Distribution(bounds: Self.bounds)].add(seconds)
        }
    }
}
