/// When a request is sent again. All of ours may be: they ask for a state, not for a change.
struct RetryPolicy: Sendable {
    /// How often a request is sent at most.
    var attempts = 5
    /// Before the second attempt; twice as long before each next.
    var firstPause = Duration.milliseconds(250)
    /// How long a server may make us wait by `Retry-After`.
    var longestPause = Duration.seconds(30)

    /// How long to wait before the next attempt; nil where there is to be none.
    ///
    /// - Parameters:
    ///   - attempt: how many were made, from 1.
    ///   - error: how the last one failed.
    ///   - retryAfter: what the server asked for, in seconds.
    ///   - jitter: from 0 to 1; takes up to half of a pause of our own.
    func pause(after attempt: Int, _ error: APIError, retryAfter: Int?, jitter: Double) -> Duration? {
        guard attempt < attempts, Self.mayHeal(error) else { return nil }
        if let retryAfter {
            return min(.seconds(max(retryAfter, 0)), longestPause)
        }
        return min(firstPause * (1 << min(attempt - 1, 10)) * (1 - jitter / 2), longestPause)
    }

    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/> and `IsRetryable` of
    /// <https://github.com/kubernetes/client-go/blob/v0.32.0/rest/with_retry.go>: 429 and 5xx.
    private static func mayHeal(_ error: APIError) -> Bool {
        switch error {
        case .status(let status): status.code == 429 || (500...599).contains(status.code)
        case .unreachable: true
        case .noAccess, .unreadable, .cancelled: false
        }
    }
}
