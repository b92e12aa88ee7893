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
