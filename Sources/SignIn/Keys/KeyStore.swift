import Logging

/// Holds the provider's keys and keeps them fresh.
///
/// The last keys stay valid while the provider does not answer.
package actor KeyStore {
    /// The result of verifying a token.
    enum Verification {
        case verified(StrictJSON)
        case unknownKey
        /// The provider has never answered.
        case unavailable
    }

    private let fetch: @Sendable () async throws -> KeySet
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var keys: KeySet?
    private var schedule: RefreshSchedule
    private var refresh: Task<Void, Never>?
    /// Whether the provider answered last time; nil before the first answer.
    package private(set) var isReachable: Bool?

    /// Creates a store without keys.
    ///
    /// - Parameters:
    ///   - logger: receives a line when the provider stops answering, and when it answers again.
    ///   - now: the schedule's clock.
    ///   - fetch: fetches the keys.
    init(
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping @Sendable () async throws -> KeySet
    ) {
        self.fetch = fetch
        self.now = now
        self.logger = logger
        schedule = RefreshSchedule(at: now())
    }

    /// Whether tokens can be verified.
    package var hasKeys: Bool { keys != nil }

    /// Verifies a token.
    ///
    /// A token with an unknown key triggers a refresh if the schedule allows one. It does not wait for the answer, which counts
    /// for the next token. Only before the first keys do all tokens wait, and share one answer.
    func verify(_ token: BearerToken) async throws(TokenFault) -> Verification {
        if let claims = try await keys?.verify(token) {
            return .verified(claims)
        }
        let mayFetch = refresh != nil || schedule.allowsDemand(at: now())
        guard keys == nil else {
            if mayFetch {
                _ = startRefresh(isDemanded: true)
            }
            return .unknownKey
        }
        if mayFetch {
            await startRefresh(isDemanded: true).value
        }
        guard let keys else { return .unavailable }
        return try await keys.verify(token).map(Verification.verified) ?? .unknownKey
    }

    /// Fetches the keys whenever they are due, until the task is cancelled.
    package func keepFresh() async {
        while !Task.isCancelled {
            if now() >= schedule.due {
                let refresh = startRefresh(isDemanded: false)
                await withTaskCancellationHandler {
                    await refresh.value
                } onCancel: {
                    refresh.cancel()
                }
            }
            // A token may have triggered a failed refresh in the meantime, which makes the next one due sooner: check often.
            let pause = min(now().duration(to: schedule.due), RefreshSchedule.longestPause / 2)
            try? await Task.sleep(for: max(pause, .milliseconds(1)))
        }
        refresh?.cancel()
        await refresh?.value
    }

    /// The running refresh, or a new one.
    private func startRefresh(isDemanded: Bool) -> Task<Void, Never> {
        let task = refresh ?? Task { await self.refreshKeys(isDemanded: isDemanded) }
        refresh = task
        return task
    }

    private func refreshKeys(isDemanded: Bool) async {
        do {
            let new = try await fetch()
            let isNews = keys.map { !$0.isSame(as: new) } ?? true
            keys = new
            schedule.recordAnswer(isNews: isNews, wasDemanded: isDemanded, at: now())
            if isNews || isReachable == false {
                logger.notice("the identity provider's keys are here", metadata: ["keys": "\(new.count)"])
            }
            isReachable = true
        } catch {
            schedule.recordFailure(at: now())
            if isReachable != false {
                let consequence = keys == nil ? "no token can be verified until it is back" : "its last keys stay good"
                logger.warning("the identity provider does not answer: \(consequence)", metadata: ["error": "\(error)"])
            }
            isReachable = false
        }
        refresh = nil
    }
}

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
