/// So many requests a second, some more at once after a rest.
struct TokenBucket: Sendable {
    typealias Instant = ContinuousClock.Instant

    private let interval: Duration
    private let burst: Int
    /// When the bucket was, or will be, full.
    private var full: Instant

    /// - Parameters:
    ///   - rate: requests a second, above 0.
    ///   - burst: how many may come at once, at least 1.
    ///   - now: the bucket begins full.
    init(rate: Double, burst: Int, now: Instant) {
        interval = .seconds(1 / rate)
        self.burst = max(1, burst)
        full = now
    }

    /// Takes the next place.
    ///
    /// - Returns: how long to wait for it.
    mutating func take(now: Instant) -> Duration {
        full = max(full, now) + interval
        return max(.zero, (full - now) - interval * burst)
    }
}

/// A bucket that many may draw from.
actor RateLimit {
    private var bucket: TokenBucket

    /// - Parameter rate: requests a second; twice as many may come at once after a rest.
    init(rate: Double) {
        bucket = TokenBucket(rate: rate, burst: Int((rate * 2).rounded(.up)), now: .now)
    }

    /// Waits for a place, in the order of the calls.
    func wait() async throws {
        let delay = bucket.take(now: .now)
        if delay > .zero {
            try await Task.sleep(for: delay)
        }
    }
}
