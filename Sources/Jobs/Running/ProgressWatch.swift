public import struct Foundation.Date

/// Finds out whether a run makes progress, from samples of its replicas. It reads no clock.
///
/// Progress is new output, or more than 5 % of one core on average over the deadline. Progress of any replica counts
/// for the run.
public struct ProgressWatch: Sendable {
    /// What is known of a replica at one time.
    public struct Sample: Sendable {
        /// The length of its log.
        public let logBytes: Int
        /// The processor time that it has used.
        public let cpuSeconds: Double

        /// Creates a sample.
        public init(logBytes: Int, cpuSeconds: Double) {
            self.logBytes = logBytes
            self.cpuSeconds = cpuSeconds
        }
    }

    private struct History {
        /// Oldest first. The first is the newest one that is older than the deadline.
        var samples: [(time: Date, sample: Sample)] = []
        var lastOutput: Date
        /// When the replica last used more than 5 % of a core since the sample before.
        var lastWork: Date

        var lastProgress: Date { max(lastOutput, lastWork) }
    }

    private static let leastLoad = 0.05

    /// The seconds without progress after which a run counts as hung.
    private let deadline: Double
    private var replicas: [String: History] = [:]

    /// Creates a watch without samples.
    public init(deadline seconds: Int) {
        deadline = Double(seconds)
    }

    /// How many seconds pass between two samples: a tenth of the deadline, and at most 5 s.
    public var interval: Double { min(5, deadline / 10) }

    /// Records a sample of a replica that runs.
    public mutating func record(_ sample: Sample, of replica: String, at time: Date) {
        var history = replicas[replica] ?? History(lastOutput: time, lastWork: time)
        if let (before, last) = history.samples.last {
            if sample.logBytes != last.logBytes {
                history.lastOutput = time
            }
            // A smaller figure is that of a new process.
            let used = sample.cpuSeconds - last.cpuSeconds
            if used < 0 || used > Self.leastLoad * time.timeIntervalSince(before) {
                history.lastWork = time
            }
        }
        history.samples.append((time, sample))
        while history.samples.count > 1, time.timeIntervalSince(history.samples[1].time) >= deadline {
            history.samples.removeFirst()
        }
        replicas[replica] = history
    }

    /// Forgets a replica that ended.
    public mutating func remove(_ replica: String) {
        replicas[replica] = nil
    }

    /// Returns the replica that fell silent first, if no replica has made progress for the deadline.
    public func silentReplica(at time: Date) -> String? {
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
