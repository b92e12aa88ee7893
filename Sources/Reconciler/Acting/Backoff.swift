/// When to try again what failed and may heal: 1 s after the first failure, twice as long after each next, up to a limit.
struct Backoff: Sendable {
    private let longest: Double
    private var failures = 0

    /// - Parameter longest: the longest delay, in seconds. Default: 5 min.
    init(longest: Double = 300) {
        self.longest = longest
    }

    /// Counts a failure.
    ///
    /// - Parameter jitter: from 0 to 1; spreads the tries of many jobs over half the delay, so that they do not come as one.
    /// - Returns: how long to wait.
    mutating func failed(jitter: Double) -> Duration {
        let seconds = min(longest, Double(1 << min(failures, 9)))
        failures += 1
        return .seconds(seconds * (0.5 + jitter / 2))
    }
}
