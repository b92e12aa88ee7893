import Foundation

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

    /// Returns how long to wait for the next token.
    func delay(now: ContinuousClock.Instant) -> Duration {
        max(.zero, max(full, now) + interval - now - interval * burst)
    }

    /// Takes the next token.
    ///
    /// - Returns: how long to wait before it may be used.
    @discardableResult
    mutating func takeToken(now: ContinuousClock.Instant) -> Duration {
        let delay = delay(now: now)
        full = max(full, now) + interval
        return delay
    }
}

/// The callers that wait for tokens, in the order of their calls, in two lanes.
///
/// Many runs may start at a time. Requests that create runs wait in the bulk lane, so that a stop, a repair or a watch passes them.
struct TokenLanes<Caller> {
    /// The order among waiting requests.
    enum Lane: Sendable {
        case urgent
        case bulk
    }

    /// Of so many tokens in a row, the bulk lane gets one at least.
    private let share = 8

    private var lanes: [Lane: [(number: Int, caller: Caller)]] = [.urgent: [], .bulk: []]
    private var last = 0
    private var urgentTokens = 0

    /// How many callers wait.
    var count: Int { lanes.values.reduce(0) { $0 + $1.count } }

    /// Returns a number for a caller.
    mutating func makeNumber() -> Int {
        last += 1
        return last
    }

    mutating func addCaller(_ caller: Caller, number: Int, to lane: Lane) {
        lanes[lane, default: []].append((number, caller))
    }

    /// Removes a caller that gave up; nil if it doesn't wait.
    mutating func removeCaller(_ number: Int) -> Caller? {
        for lane in lanes.keys {
            guard let index = lanes[lane]?.firstIndex(where: { $0.number == number }) else { continue }
            return lanes[lane]?.remove(at: index).caller
        }
        return nil
    }

    /// Takes the caller that gets the next token; nil if none waits.
    mutating func takeCaller() -> Caller? {
        let isBulkDue = urgentTokens >= share - 1 && lanes[.bulk]?.isEmpty == false
        let lane = lanes[.urgent]?.isEmpty == false && !isBulkDue ? Lane.urgent : .bulk
        urgentTokens = lane == .urgent ? urgentTokens + 1 : 0
        guard lanes[lane]?.isEmpty == false else { return nil }
        return lanes[lane]?.removeFirst().caller
    }
}

/// A rate that concurrent requests share.
actor RateLimit {
    typealias Lane = Lanes.Lane
    typealias Lanes = TokenLanes<CheckedContinuation<Void, any Error>>

    private var bucket: TokenBucket
    private var lanes = Lanes()
    private var pausedUntil = ContinuousClock.now
    private var isPassing = false

    /// - Parameter rate: requests per second; twice as many may start at once after a rest.
    init(rate: Double) {
        bucket = TokenBucket(rate: rate, burst: Int((rate * 2).rounded(.up)), now: .now)
    }

    /// Waits for a token, in the order of the calls of a lane.
    func waitForToken(_ lane: Lane) async throws {
        let now = ContinuousClock.now
        if !isPassing, pausedUntil <= now, bucket.delay(now: now) == .zero {
            bucket.takeToken(now: now)
            return
        }
        let number = lanes.makeNumber()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (caller: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else { return caller.resume(throwing: CancellationError()) }
                lanes.addCaller(caller, number: number, to: lane)
                startPassing()
            }
        } onCancel: {
            Task { await self.removeCaller(number) }
        }
    }

    /// Lets no request start for a while, because the server asks for it.
    func pause(for duration: Duration) {
        pausedUntil = max(pausedUntil, .now + duration)
    }

    /// Whether no request may start now, because the server asked for it.
    var isPaused: Bool { pausedUntil > .now }

    /// How many requests wait.
    var waitingCount: Int { lanes.count }

    private func removeCaller(_ number: Int) {
        lanes.removeCaller(number)?.resume(throwing: CancellationError())
    }

    private func startPassing() {
        guard !isPassing else { return }
        isPassing = true
        Task { await self.passTokens() }
    }

    /// Passes tokens to the waiting requests until none waits.
    private func passTokens() async {
        while lanes.count > 0 {
            let now = ContinuousClock.now
            let delay = max(bucket.delay(now: now), pausedUntil - now)
            if delay > .zero {
                try? await Task.sleep(for: delay)
                continue
            }
            guard let caller = lanes.takeCaller() else { break }
            bucket.takeToken(now: now)
            caller.resume()
        }
        isPassing = false
    }
}

/// When to send a request again. Repeating is safe: each of our requests asks for a state, not for a change, and an object that is
/// created twice answers 409.
package struct RetryPolicy: Sendable {
    /// The largest number of attempts.
    var attempts: Int
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
