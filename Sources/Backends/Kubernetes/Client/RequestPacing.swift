/// When to send a request again. Repeating is safe: each of our requests asks for a state, not for a change, and an object that is
/// created twice answers 409.
package struct RetryPolicy: Sendable {
    /// The largest number of attempts.
    let attempts: Int
    /// The pause before the second attempt; it doubles before each next one.
    let firstPause: Duration
    /// The longest pause, also if `Retry-After` asks for more.
    let longestPause: Duration

    package init(
        attempts: Int = 5,
        firstPause: Duration = .milliseconds(250),
        longestPause: Duration = .seconds(30)
    ) {
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// Returns the pause before the next attempt, or nil if there is none.
    ///
    /// - Parameters:
    ///   - attempt: the number of attempts so far, from 1.
    ///   - error: how the last one failed.
    ///   - retryAfter: the server's `Retry-After`, in seconds.
    ///   - jitter: from 0 to 1; shortens our own pauses by up to half.
    func pause(after attempt: Int, _ error: APIError, retryAfter: Int?, jitter: Double) -> Duration? {
        guard attempt < attempts, Self.isTransient(error) else { return nil }
        if let retryAfter {
            return min(.seconds(max(retryAfter, 0)), longestPause)
        }
        return min(firstPause * (1 << min(attempt - 1, 10)) * (1 - jitter / 2), longestPause)
    }

    private static func isTransient(_ error: APIError) -> Bool {
        switch error {
        case .status(let status): status.isTransient
        case .unreachable: true
        case .noAccess, .unreadable, .cancelled: false
        }
    }
}

/// A token bucket: a steady rate of requests, with a burst after a rest.
struct TokenBucket: Sendable {
    private let interval: Duration
    private let burst: Int
    /// When the bucket was, or will be, full.
    private var full: ContinuousClock.Instant

    /// - Parameters:
    ///   - rate: requests per second, above 0.
    ///   - burst: how many requests may start at once, at least 1.
    ///   - now: the bucket is full at this time.
    init(rate: Double, burst: Int, now: ContinuousClock.Instant) {
        interval = .seconds(1 / rate)
        self.burst = max(1, burst)
        full = now
    }

    /// Takes the next token.
    ///
    /// - Returns: how long to wait before it may be used.
    mutating func takeToken(now: ContinuousClock.Instant) -> Duration {
        full = max(full, now) + interval
        return max(.zero, (full - now) - interval * burst)
    }
}

/// A token bucket that concurrent requests share.
actor RateLimit {
    private var bucket: TokenBucket

    /// - Parameter rate: requests per second; twice as many may start at once after a rest.
    init(rate: Double) {
        bucket = TokenBucket(rate: rate, burst: Int((rate * 2).rounded(.up)), now: .now)
    }

    /// Waits for a token, in the order of the calls.
    func waitForToken() async throws {
        let delay = bucket.takeToken(now: .now)
        if delay > .zero {
            try await Task.sleep(for: delay)
        }
    }
}
