public import Foundation
import Synchronization

/// Numbers of observations by size, as a histogram of Prometheus has them.
public struct Distribution: Sendable, Equatable {
    /// The upper bounds of the buckets, ascending. What is above the last one only counts in ``count``.
    public let bounds: [Double]
    /// One number for each of ``bounds``, not cumulative.
    public private(set) var buckets: [Int]
    /// The number of observations.
    public private(set) var count = 0
    /// The sum of the observations.
    public private(set) var sum = 0.0

    /// Creates an empty distribution.
    public init(bounds: [Double]) {
        self.bounds = bounds
        buckets = [Int](repeating: 0, count: bounds.count)
    }

    /// Adds an observation.
    public mutating func add(_ value: Double) {
        count += 1
        sum += value
        if let bucket = bounds.firstIndex(where: { value <= $0 }) {
            buckets[bucket] += 1
        }
    }
}

/// What the service has measured since its start, for `/metrics`. It is kept in memory only.
public final class Measurements: Sendable {
    /// A certificate whose end is measured.
    public enum Certificate: String, Sendable, CaseIterable {
        /// The service's own.
        case service
        /// That of the HTTPS server with the repository.
        case repository
        /// That of the identity provider.
        case identityProvider = "identity_provider"
    }

    /// A webhook's delivery.
    public struct Webhook: Hashable, Sendable {
        /// The word of the path, for example `github`.
        public let forge: String
        /// Whether the sender knew the secret.
        public let isAccepted: Bool
    }

    /// All measurements at one moment.
    public struct Snapshot: Sendable {
        /// How long fetches of the repository took, in seconds, also those that failed.
        public fileprivate(set) var fetchDurations = Distribution(bounds: [
            0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
        ])
        /// How many fetches failed, by reason.
        public fileprivate(set) var fetchFailures: [RepositoryFault: Int] = [:]
        /// How long passes of the reconciler took, in seconds.
        public fileprivate(set) var passDurations = Distribution(bounds: [
            0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60,
        ])
        /// Whether the last reload of the configuration succeeded; true before the first, because the start read it.
        public fileprivate(set) var isReloadSuccessful = true
        /// When the configuration in force was read.
        public fileprivate(set) var lastReload = Date()
        /// How many webhooks arrived.
        public fileprivate(set) var webhooks: [Webhook: Int] = [:]
        /// When certificates expire; those that are not known are missing.
        public fileprivate(set) var expiries: [Certificate: Date] = [:]
    }

    private let state = Mutex(Snapshot())

    /// Creates measurements; the service has one object.
    public init() {}

    /// All measurements of this moment.
    public var snapshot: Snapshot { state.withLock(\.self) }

    /// Records a fetch of the repository.
    ///
    /// - Parameters:
    ///   - duration: how long it took.
    ///   - failure: why it failed; nil if it succeeded.
    public func recordFetch(_ duration: Duration, failure: RepositoryFault?) {
        state.withLock { state in
            state.fetchDurations.add(duration / .seconds(1))
            if let failure {
                state.fetchFailures[failure, default: 0] += 1
            }
        }
    }

    /// Records a pass of the reconciler.
    public func recordPass(_ duration: Duration) {
        state.withLock { $0.passDurations.add(duration / .seconds(1)) }
    }

    /// Records a reload of the configuration. One that failed leaves the old configuration in force.
    public func recordReload(isSuccessful: Bool, at time: Date = Date()) {
        state.withLock { state in
            state.isReloadSuccessful = isSuccessful
            if isSuccessful {
                state.lastReload = time
            }
        }
    }

    /// Records a webhook.
    public func recordWebhook(forge: String, isAccepted: Bool) {
        state.withLock { $0.webhooks[Webhook(forge: forge, isAccepted: isAccepted), default: 0] += 1 }
    }

    /// Records when a certificate expires; nil if it is not known any more.
    public func recordExpiry(_ time: Date?, of certificate: Certificate) {
        state.withLock { $0.expiries[certificate] = time }
    }
}
