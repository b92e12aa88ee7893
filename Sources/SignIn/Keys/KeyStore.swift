import Logging

/// Holds the provider's keys and keeps them fresh. The last that were had stay good while the provider is away.
package actor KeyStore {
    /// What became of the search for a token's key.
    enum Search {
        case found(VerificationKey)
        case unknown
        /// The provider has never answered so far.
        case unavailable
    }

    private let fetch: @Sendable () async throws -> KeySet
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var keys: KeySet?
    private var schedule: RefreshSchedule
    private var refresh: Task<Void, Never>?
    /// Whether the provider answered last time; nil before the first.
    package private(set) var isReachable: Bool?

    /// - Parameters:
    ///   - logger: hears when the provider goes away and when it is back.
    ///   - now: the schedule's clock.
    ///   - fetch: gets the keys.
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

    /// The key of a token. Where it is not known, the provider is asked, if it was not just now, and nobody waits for its answer: it
    /// counts for the next token. Only for the first keys all wait, and share one answer.
    func key(for token: Token) async -> Search {
        if let key = keys?.key(for: token) {
            return .found(key)
        }
        let mayAsk = refresh != nil || schedule.allowsDemand(at: now())
        if keys != nil {
            if mayAsk {
                _ = startRefresh(isDemanded: true)
            }
            return .unknown
        }
        if mayAsk {
            await startRefresh(isDemanded: true).value
        }
        guard let keys else { return .unavailable }
        return keys.key(for: token).map(Search.found) ?? .unknown
    }

    /// Asks for the keys whenever they are due, until it is cancelled.
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
            // It may be due sooner by the time: a token had it asked in between, and it did not answer.
            let pause = min(now().duration(to: schedule.due), RefreshSchedule.longestPause / 2)
            try? await Task.sleep(for: max(pause, .milliseconds(1)))
        }
        refresh?.cancel()
        await refresh?.value
    }

    /// The refresh that is under way, else a new one.
    private func startRefresh(isDemanded: Bool) -> Task<Void, Never> {
        let task = refresh ?? Task { await self.refresh(isDemanded: isDemanded) }
        refresh = task
        return task
    }

    private func refresh(isDemanded: Bool) async {
        do {
            let new = try await fetch()
            let isNews = keys.map { !$0.isSame(as: new) } ?? true
            keys = new
            schedule.noteAnswer(isNews: isNews, wasDemanded: isDemanded, at: now())
            if isNews || isReachable == false {
                logger.notice("the identity provider's keys are here", metadata: ["keys": "\(new.count)"])
            }
            isReachable = true
        } catch {
            schedule.noteFailure(at: now())
            if isReachable != false {
                let consequence = keys == nil ? "no token can be verified until it is back" : "its last keys stay good"
                logger.warning("the identity provider does not answer: \(consequence)", metadata: ["error": "\(error)"])
            }
            isReachable = false
        }
        refresh = nil
    }
}
