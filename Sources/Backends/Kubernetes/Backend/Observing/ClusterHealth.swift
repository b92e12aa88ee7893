import KubernetesClient

/// Whether the watches of a cluster are up to date.
///
/// Invariant: callers wait only until every kind was read once, or one can't be read.
struct ClusterHealth: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum State: Sendable {
        case starting
        case following
        case failing(String, since: Instant)
    }

    private var states: [ResourceKind: State]
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Whether open runs are shown as unknown, as of the last ``updateStaleness(now:after:)``.
    private(set) var isStale = false

    init(_ kinds: [ResourceKind]) {
        states = Dictionary(uniqueKeysWithValues: kinds.map { ($0, .starting) })
    }

    /// Records that the objects of a kind are known and followed.
    mutating func recordAnswer(of kind: ResourceKind) {
        states[kind] = .following
        if isSettled {
            resumeCallers()
        }
    }

    /// Records that a kind can't be read. The time of its first failure in a row is kept.
    mutating func recordFailure(of kind: ResourceKind, _ message: String, now: Instant) {
        if case .failing(_, let since) = states[kind] {
            states[kind] = .failing(message, since: since)
        } else {
            states[kind] = .failing(message, since: now)
        }
        resumeCallers()
    }

    /// Why the cluster can't be read; nil if it can, or if nothing is known yet.
    var fault: String? {
        states.sorted { $0.key.plural < $1.key.plural }.compactMap { _, state in
            if case .failing(let message, _) = state { message } else { nil }
        }.first
    }

    /// Whether some kind fails with this message already, so that it was logged.
    func isFailing(with message: String) -> Bool {
        states.values.contains { state in
            if case .failing(message, _) = state { true } else { false }
        }
    }

    /// Whether every kind was read once, or one can't be read.
    var isSettled: Bool {
        fault != nil
            || states.values.allSatisfy { state in
                if case .following = state { true } else { false }
            }
    }

    /// Decides whether a kind has failed for so long that open runs are unknown.
    ///
    /// - Returns: whether ``isStale`` changed.
    mutating func updateStaleness(now: Instant, after patience: Duration) -> Bool {
        let before = isStale
        isStale = states.values.contains { state in
            if case .failing(_, let since) = state { now - since > patience } else { false }
        }
        return isStale != before
    }

    /// Adds a caller that waits until the cluster ``isSettled``.
    mutating func addCaller(_ caller: CheckedContinuation<Void, Never>) {
        waiting.append(caller)
    }

    /// Resumes all waiting callers.
    mutating func resumeCallers() {
        let callers = waiting
        waiting = []
        callers.forEach { $0.resume() }
    }
}
