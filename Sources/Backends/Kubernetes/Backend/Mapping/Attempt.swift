import Foundation
import Jobs

/// An attempt of a run whose replicas are restarted together.
///
/// JobSet counts the same way: <https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/#jobset-x-k8s-io-v1alpha2-JobSetStatus>, `restarts`.
struct Attempt: Sendable, Equatable, Codable {
    static let first = Attempt(number: 0)

    /// The number of restarts so far: 0 for the first attempt.
    var number: Int
    /// When the first replica of the run started; nil for the first attempt.
    var startTime: Date?
    /// The rest of the run's deadline in seconds, at least 1; nil for all of it.
    var activeDeadlineSeconds: Int?

    /// Returns the next attempt.
    ///
    /// - Parameters:
    ///   - policy: the run's policy.
    ///   - beginning: when the first replica of this attempt started; nil if none did.
    ///   - now: when the next attempt starts.
    func next(_ policy: RunPolicy, beginning: Date?, now: Date) -> Attempt {
        var next = Attempt(number: number + 1, startTime: startTime ?? beginning)
        if let limit = policy.activeDeadlineSeconds {
            let spent = next.startTime.map { Int(now.timeIntervalSince($0)) } ?? 0
            next.activeDeadlineSeconds = max(1, limit - spent)
        }
        return next
    }
}

extension RunRules {
    /// Whether a retryable failure restarts all replicas, so that no replica is restarted alone.
    var restartsTogether: Bool {
        restartScope == .job && job.replicas.contains { $0.count > 0 && $0.effectiveRestartPolicy != .never }
    }
}

/// The restarts whose objects are deleted and not yet created again.
///
/// Invariant: a planned attempt is newer than the anchor on the cluster, if there is one.
struct PendingRestarts: Sendable {
    /// The next attempt of each run.
    private(set) var attempts: [RunID: Attempt] = [:]
    /// The last observation of each run whose anchor this service is replacing. It stands in for the missing objects.
    private(set) var replacing: [RunID: RunObservation] = [:]

    /// Sets the next attempt of a run; nil means the first.
    mutating func planAttempt(_ attempt: Attempt?, of id: RunID) {
        attempts[id] = attempt
    }

    /// Drops a planned attempt that is on the cluster now.
    mutating func completeAttempts(of id: RunID, upTo number: Int) {
        if let next = attempts[id], next.number <= number {
            attempts[id] = nil
        }
    }

    /// Plans an attempt, and shows the given observation until ``endReplacement(of:)``.
    mutating func beginReplacement(of id: RunID, showing observation: RunObservation, next attempt: Attempt) {
        replacing[id] = observation
        attempts[id] = attempt
    }

    mutating func endReplacement(of id: RunID) {
        replacing[id] = nil
    }
}
