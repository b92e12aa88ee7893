/// When a provider's keys are asked for: now and then, more often while it does not answer, and when a token has a key that is
/// not known. Strangers choose how many such tokens come, so the schedule and not they decide how often it is asked.
struct RefreshSchedule: Equatable {
    typealias Instant = ContinuousClock.Instant

    /// How old the keys get: a key that the provider withdrew is believed no longer than this.
    static let period = Duration.seconds(300)
    static let shortestPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(60)

    /// When to ask without being told to.
    private(set) var due: Instant
    /// Before it nobody is heard who has a key that is not known.
    private var quietUntil: Instant
    private var pause = shortestPause

    init(at now: Instant) {
        due = now
        quietUntil = now
    }

    /// Whether it may be asked now because of a token.
    func allowsDemand(at now: Instant) -> Bool { now >= quietUntil }

    /// The provider answered. That nothing was new although a token said so makes the next pause longer.
    mutating func noteAnswer(isNews: Bool, wasDemanded: Bool, at now: Instant) {
        due = now + Self.period
        if isNews || !wasDemanded {
            pause = Self.shortestPause
        }
        quietUntil = now + pause
        if !isNews, wasDemanded {
            lengthenPause()
        }
    }

    /// The provider did not answer, or nothing that could be used.
    mutating func noteFailure(at now: Instant) {
        due = now + pause
        quietUntil = now + pause
        lengthenPause()
    }

    private mutating func lengthenPause() {
        pause = min(pause * 2, Self.longestPause)
    }
}
