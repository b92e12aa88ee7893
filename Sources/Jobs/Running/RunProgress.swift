public import Foundation

/// How far the training of a run is.
public struct RunProgress: Hashable, Sendable, Codable {
    /// How many steps are done.
    public var step: Int
    /// How many steps there are. Nil: the script does not say it.
    public var of: Int?
    /// Steps per second over the last minute. Nil: unknown.
    public var rate: Double?
    /// The time that the remaining steps take at this rate, in seconds. Nil: unknown.
    public var secondsLeft: Int?

    /// Creates a progress.
    public init(step: Int, of: Int? = nil, rate: Double? = nil, secondsLeft: Int? = nil) {
        self.step = step
        self.of = of
        self.rate = rate
        self.secondsLeft = secondsLeft
    }
}

/// Computes the rate of a training from its steps over time. It reads no clock.
public struct StepHistory: Sendable {
    private struct Sample {
        let time: Date
        let step: Int
    }

    /// The time over which the rate is a mean, in seconds.
    private static let window = 60.0
    /// The longest remaining time that is shown: 100 years.
    private static let longest = 3_155_760_000.0
    /// The largest number that JSON readers keep exactly.
    private static let largest = 1 << 53

    /// Oldest first; each has another step than the one before.
    private var samples: [Sample] = []
    private var of: Int?

    /// Creates a history without steps.
    public init() {}

    /// The newest step. Nil: none is known.
    public var step: Int? { samples.last?.step }

    /// Records a step. A smaller step than before begins the history again: the training went back to a checkpoint.
    ///
    /// - Parameters:
    ///   - step: the number of steps that are done. A number that no training has is ignored.
    ///   - of: the number of all steps. Nil: unknown.
    ///   - time: when the step was done, or when it was seen.
    public mutating func record(_ step: Int, of: Int?, at time: Date) {
        guard (0...Self.largest).contains(step) else { return }
        self.of = of.flatMap { (0...Self.largest).contains($0) ? $0 : nil }
        guard let last = samples.last else { return samples = [Sample(time: time, step: step)] }
        guard step != last.step || last.time == .distantPast else { return }
        if step < last.step || time < last.time || last.time == .distantPast {
            samples = []
        }
        samples.append(Sample(time: time, step: step))
        // The oldest sample is the newest one that is at least as old as the window.
        while samples.count > 2, time.timeIntervalSince(samples[1].time) >= Self.window {
            samples.removeFirst()
        }
    }

    /// Forgets the times, for example because the replicas restart. The newest step stays.
    public mutating func interrupt() {
        samples = samples.suffix(1).map { Sample(time: .distantPast, step: $0.step) }
    }

    /// Returns the progress at a time, or nil if no step is known.
    public func progress(at now: Date) -> RunProgress? {
        guard let last = samples.last else { return nil }
        var progress = RunProgress(step: last.step, of: of)
        guard let rate = rate(at: now) else { return progress }
        progress.rate = rate
        if let of {
            progress.secondsLeft = Int(min(Self.longest, (Double(max(0, of - last.step)) / rate).rounded(.up)))
        }
        return progress
    }

    /// Steps per second, rounded to three digits or to whole ones. Nil: there was only one step, or none for a minute.
    private func rate(at now: Date) -> Double? {
        guard let first = samples.first, let last = samples.last, first.time > .distantPast,
            now.timeIntervalSince(last.time) < Self.window
        else { return nil }
        let seconds = last.time.timeIntervalSince(first.time)
        guard seconds > 0 else { return nil }
        let rate = Double(last.step - first.step) / seconds
        guard rate > 0, rate.isFinite else { return nil }
        let scale = pow(10, max(0, 2 - log10(rate).rounded(.down)))
        return (rate * scale).rounded() / scale
    }
}
