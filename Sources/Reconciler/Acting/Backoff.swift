/// When to try again what failed and may heal: 1 s after the first failure, twice as long after each next, 5 min at most.
struct Backoff: Sendable {
    private var failures = 0

    /// Counts a failure.
    ///
    /// - Parameter jitter: from 0 to 1; spreads the tries of many jobs over half the delay, so that they do not come as one.
    /// - Returns: how long to wait.
    mutating func failed(jitter: Double) -> Duration {
        let seconds = min(300, Double(1 << min(failures, 9)))
        failures += 1
        return .seconds(seconds * (0.5 + jitter / 2))
    }
}
