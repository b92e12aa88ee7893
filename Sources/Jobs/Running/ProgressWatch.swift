public import struct Foundation.Date

/// Finds out whether a run makes progress, from samples of its replicas. It reads no clock.
///
/// Progress is new output, a new step, or more than 5 % of one core on average over the deadline. Progress of any replica
/// counts for the run.
public struct ProgressWatch: Sendable, Codable {
    /// What is known of a replica at one time.
    public struct Sample: Sendable, Codable {
        /// The length of all that it printed.
        public let logBytes: Int
        /// The processor time that it has used.
        public let cpuSeconds: Double
        /// When its log last changed. Nil: unknown.
        public let lastOutput: Date?

        /// Creates a sample.
        public init(logBytes: Int, cpuSeconds: Double, lastOutput: Date? = nil) {
            self.logBytes = logBytes
            self.lastOutput = lastOutput
            self.cpuSeconds = cpuSeconds
        }
    }

    private struct TimedSample: Codable {
        let time: Date
        let sample: Sample
    }

    private struct History: Codable {
        /// Oldest first. The first is the newest one that is older than the deadline.
        var samples: [TimedSample] = []
        var lastOutput: Date
        /// When the replica last used more than 5 % of a core since the sample before.
        var lastWork: Date

        var lastProgress: Date { max(lastOutput, lastWork) }
    }

    private static let leastLoad = 0.05

    /// The seconds without progress after which a run counts as hung.
    private let deadline: Double
    /// The replicas by name.
    private var replicas: [String: History] = [:]
    /// The newest step of the training, and when it was first seen. Nil: none is known.
    private var step: Int?
    private var stepTime: Date?

    /// Creates a watch without samples.
    public init(deadline seconds: Int) {
        deadline = Double(seconds)
    }

    /// How many seconds pass between two samples: a tenth of the deadline, and at most 5 s.
    public var interval: Double { min(5, deadline / 10) }

    /// Records a sample of a replica that runs.
    public mutating func record(_ sample: Sample, of replica: String, at time: Date) {
        var history = replicas[replica] ?? History(lastOutput: time, lastWork: time)
        if let latest = history.samples.last {
            let (before, last) = (latest.time, latest.sample)
            // On a full disk the log is touched and does not grow.
            let isTouched = sample.lastOutput.flatMap { new in last.lastOutput.map { new > $0 } } ?? false
            if sample.logBytes != last.logBytes || isTouched {
                // The samples may have paused meanwhile.
                history.lastOutput = max(before, min(time, sample.lastOutput ?? time))
            }
            // A smaller figure is that of a new process.
            let used = sample.cpuSeconds - last.cpuSeconds
            if used < 0 || used > Self.leastLoad * time.timeIntervalSince(before) {
                history.lastWork = time
            }
        }
        history.samples.append(TimedSample(time: time, sample: sample))
        while history.samples.count > 1, time.timeIntervalSince(history.samples[1].time) >= deadline {
            history.samples.removeFirst()
        }
        replicas[replica] = history
    }

    /// Records the newest step of the training.
    public mutating func recordStep(_ step: Int, at time: Date) {
        guard step != self.step else { return }
        (self.step, stepTime) = (step, time)
    }

    /// How many seconds pass between two copies for a restart of the service: a tenth of the deadline.
    public var copyInterval: Double { deadline / 10 }

    /// A copy with few samples, from which the watch goes on after a restart of the service.
    public var copy: ProgressWatch {
        var copy = self
        for (name, history) in replicas {
            copy.replicas[name]?.samples = history.samples.reduce(into: []) { kept, next in
                if next.time == history.samples.last?.time
                    || next.time.timeIntervalSince(kept.last?.time ?? .distantPast) >= copyInterval
                {
                    kept.append(next)
                }
            }
        }
        return copy
    }

    /// Whether this watch is one of a run with this deadline.
    public func hasDeadline(_ seconds: Int) -> Bool { deadline == Double(seconds) }

    /// Forgets a replica that ended.
    public mutating func remove(_ replica: String) {
        replicas[replica] = nil
    }

    /// Returns the replica that fell silent first, if no replica has made progress for the deadline.
    public func silentReplica(at time: Date) -> String? {
        if let stepTime, time.timeIntervalSince(stepTime) < deadline { return nil }
        guard !replicas.isEmpty, replicas.values.allSatisfy({ isSilent($0, at: time) }) else { return nil }
        return replicas.min { ($0.value.lastProgress, $0.key) < ($1.value.lastProgress, $1.key) }?.key
    }

    private func isSilent(_ history: History, at time: Date) -> Bool {
        guard let first = history.samples.first, let last = history.samples.last,
            time.timeIntervalSince(first.time) >= deadline, time.timeIntervalSince(history.lastOutput) >= deadline
        else { return false }
        let span = last.time.timeIntervalSince(first.time)
        return last.sample.cpuSeconds - first.sample.cpuSeconds <= Self.leastLoad * span
    }
}
