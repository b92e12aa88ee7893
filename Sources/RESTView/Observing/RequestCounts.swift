import HTTPTypes
import Synchronization

/// Counts answers, and measures how long they took.
final class RequestCounts: Sendable {
    struct Kind: Hashable, Sendable {
        /// The route's template; nil for a path without a route.
        let template: String?
        let method: String
        let status: Int
    }

    /// The numbers of answers by duration.
    struct Latency: Sendable {
        /// One number for each of ``RequestCounts/bounds``, not cumulative.
        var buckets = [Int](repeating: 0, count: RequestCounts.bounds.count)
        var count = 0
        var seconds = 0.0
    }

    struct Snapshot: Sendable {
        var requests: [Kind: Int] = [:]
        var latencies: [String?: Latency] = [:]
    }

    /// In seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

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
            var latency = state.latencies[template] ?? Latency()
            latency.count += 1
            latency.seconds += seconds
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) {
                latency.buckets[bucket] += 1
            }
            state.latencies[template] = latency
        }
    }
}
