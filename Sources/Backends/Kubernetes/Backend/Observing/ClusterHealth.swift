import KubernetesClient

/// Whether the watches of a cluster are up to date.
///
/// Invariant: callers wait only until every kind was read once, or one can't be read.
struct ClusterHealth: Sendable {
    private let kinds: Set<ResourceKind>
    private var followed: Set<ResourceKind> = []
    private var failures: [ResourceKind: (message: String, since: ContinuousClock.Instant)] = [:]
    /// Why the server doesn't answer the probe; nil if it does.
    private var outage: (message: String, since: ContinuousClock.Instant)?
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Whether open runs are shown as unknown, as of the last ``updateStaleness(now:after:)``.
    private(set) var isStale = false

    init(_ kinds: [ResourceKind]) {
        self.kinds = Set(kinds)
    }

    /// Records that the objects of a kind are known and followed.
    mutating func recordAnswer(of kind: ResourceKind) {
        failures[kind] = nil
        followed.insert(kind)
        if isSettled {
            resumeCallers()
        }
    }

    /// Records that a kind can't be read. The time of its first failure in a row is kept.
    mutating func recordFailure(of kind: ResourceKind, _ message: String, now: ContinuousClock.Instant) {
        failures[kind] = (message, failures[kind]?.since ?? now)
        followed.remove(kind)
        resumeCallers()
    }

    /// Records whether the server answered the probe.
    ///
    /// A server that accepts connections and never answers leaves open watches silent, so only the probe finds it.
    mutating func recordProbe(_ fault: String?, now: ContinuousClock.Instant) {
        outage = fault.map { ($0, outage?.since ?? now) }
        if fault != nil {
            resumeCallers()
        }
    }

    /// Why the cluster can't be read; nil if it can, or if nothing is known yet.
    var fault: String? { failures.min { $0.key.plural < $1.key.plural }?.value.message ?? outage?.message }

    /// Whether some kind fails with this message already, so that it was logged.
    func isFailing(with message: String) -> Bool {
        failures.values.contains { $0.message == message }
    }

    /// Whether every kind was read once, or one can't be read.
    var isSettled: Bool { !failures.isEmpty || outage != nil || followed == kinds }

    /// Decides whether a kind has failed for so long that open runs are unknown.
    ///
    /// - Returns: whether ``isStale`` changed.
    mutating func updateStaleness(now: ContinuousClock.Instant, after patience: Duration) -> Bool {
        let before = isStale
        isStale = (failures.values.map(\.since) + [outage?.since].compactMap(\.self)).contains { now - $0 > patience }
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
