import KubernetesClient

/// Whether a cluster's watches tell what is true now.
struct Health: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum State: Sendable {
        case starting
        case following
        case failing(String, since: Instant)
    }

    private var states: [ResourceKind: State]

    init(_ kinds: [ResourceKind]) {
        states = Dictionary(uniqueKeysWithValues: kinds.map { ($0, .starting) })
    }

    mutating func note(_ kind: ResourceKind) {
        states[kind] = .following
    }

    mutating func note(_ kind: ResourceKind, failing message: String, now: Instant) {
        if case .failing(_, let since) = states[kind] {
            states[kind] = .failing(message, since: since)
        } else {
            states[kind] = .failing(message, since: now)
        }
    }

    /// Why the cluster can't be asked; nil where it can, or where that is not known yet.
    var fault: String? {
        states.sorted { $0.key.plural < $1.key.plural }.compactMap { _, state in
            if case .failing(let message, _) = state { message } else { nil }
        }.first
    }

    /// Whether some kind can't be asked for this very reason: then it is known, and was told of.
    func isFailing(with message: String) -> Bool {
        states.values.contains { state in
            if case .failing(message, _) = state { true } else { false }
        }
    }

    /// Whether everything was read at least once, or can't be.
    var isSettled: Bool {
        fault != nil
            || states.values.allSatisfy { state in
                if case .following = state { true } else { false }
            }
    }

    /// Whether what is known has been old for so long that it is better not shown as true.
    func isStale(now: Instant, after patience: Duration) -> Bool {
        states.values.contains { state in
            if case .failing(_, let since) = state { now - since > patience } else { false }
        }
    }
}
