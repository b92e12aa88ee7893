public import struct Foundation.Date

/// The time during which a run had replicas. The time between a stop and a resume does not count.
public struct ActiveTime: Hashable, Sendable {
    /// The seconds before the last stop.
    public var past: Double
    /// When the current part of the run began. Nil: no replica has started since the last stop.
    public var since: Date?

    /// Creates the time of a run; by default of one that has not started.
    public init(past: Double = 0, since: Date? = nil) {
        self.past = past
        self.since = since
    }

    /// When the run will have been active for this many seconds. Nil: the run is not active.
    public func deadline(after seconds: Int) -> Date? {
        since.map { $0.addingTimeInterval(Double(seconds) - past) }
    }

    /// Ends the current part of the run.
    public mutating func endPart(at end: Date) {
        guard let since else { return }
        past += max(0, end.timeIntervalSince(since))
        self.since = nil
    }
}

extension RunStatus {
    /// Calculates the active time of the run from two consecutive observations.
    ///
    /// Restarts belong to the part of the run in which they happen. A suspended or queued run is not active.
    ///
    /// - Parameters:
    ///   - known: the time at the observation before. Nil: no replica had started.
    ///   - phase: the phase at the observation before. Nil: the run was never observed.
    ///   - now: the time at which a part ends if the status does not say when.
    /// - Returns: nil while no replica has started.
    public func activeTime(after known: ActiveTime?, in phase: Phase?, now: Date) -> ActiveTime? {
        let isOver = phase?.isFinal == true || phase == .suspended && self.phase.isFinal
        guard !isOver else { return known }
        var time = known
        if known?.since == nil, let start = partStart(isFirst: known == nil, now: now) {
            time = ActiveTime(past: known?.past ?? 0, since: start)
        }
        switch self.phase {
        case .succeeded, .failed: time?.endPart(at: completionTime ?? now)
        case .suspended, .pending, .preparing, .queued, .held: time?.endPart(at: now)
        case .running, .restarting, .deleting, .unknown: break
        }
        return time
    }

    /// When the current part of the run began. Nil: no replica of it has started.
    private func partStart(isFirst: Bool, now: Date) -> Date? {
        switch phase {
        case .running, .restarting, .succeeded, .failed: break
        case .suspended, .pending, .preparing, .queued, .held, .deleting, .unknown: return nil
        }
        let start = isFirst ? startTime : nil
        return start ?? replicas.compactMap(\.startTime).min() ?? (phase == .running ? now : nil)
    }
}
