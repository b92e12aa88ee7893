/// When to fetch a provider's keys: regularly, more often while the provider does not answer, and when a token names an
/// unknown key.
///
/// Strangers can send any number of such tokens. The schedule limits how often they cause a fetch.
struct RefreshSchedule: Equatable {
    typealias Instant = ContinuousClock.Instant

    /// The maximum age of the keys: a withdrawn key is trusted no longer than this.
    static let period = Duration.seconds(300)
    static let shortestPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(60)

    /// When to fetch without a demand.
    private(set) var due: Instant
    /// Until then, unknown keys cause no fetch.
    private var quietUntil: Instant
    private var pause = shortestPause

    init(at now: Instant) {
        due = now
        quietUntil = now
    }

    /// Whether a token with an unknown key may cause a fetch.
    func allowsDemand(at now: Instant) -> Bool { now >= quietUntil }

    /// Records an answer of the provider. A demanded fetch that found nothing new doubles the next pause.
    mutating func recordAnswer(isNews: Bool, wasDemanded: Bool, at now: Instant) {
        due = now + Self.period
        if isNews || !wasDemanded {
            pause = Self.shortestPause
        }
        quietUntil = now + pause
        if !isNews, wasDemanded {
            lengthenPause()
        }
    }

    /// Records that the provider did not answer, or not with usable keys.
    mutating func recordFailure(at now: Instant) {
        due = now + pause
        quietUntil = now + pause
        lengthenPause()
    }

    private mutating func lengthenPause() {
        pause = min(pause * 2, Self.longestPause)
    }
}
