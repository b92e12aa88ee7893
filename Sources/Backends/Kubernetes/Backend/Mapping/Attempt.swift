import Foundation
import Jobs

/// Which beginning of a run this is, where a failure has all replicas started again together.
///
/// JobSet counts likewise: <https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/#jobset-x-k8s-io-v1alpha2-JobSetStatus>, `restarts`.
struct Attempt: Sendable, Equatable, Codable {
    static let first = Attempt(number: 0)

    /// How often all replicas were started again: 0 for the first.
    var number: Int
    /// When the run's first replica began; nil for the first attempt.
    var startTime: Date?
    /// What is left of the run's deadline, at least 1; nil: all of it.
    var activeDeadlineSeconds: Int?

    /// The attempt after this one.
    ///
    /// - Parameters:
    ///   - policy: of the run.
    ///   - beginning: when the first replica of this attempt began; nil where none did.
    ///   - now: when the next begins.
    func next(_ policy: RunPolicy, beginning: Date?, now: Date) -> Attempt {
        var next = Attempt(number: number + 1, startTime: startTime ?? beginning)
        if let limit = policy.activeDeadlineSeconds {
            let spent = next.startTime.map { Int(now.timeIntervalSince($0)) } ?? 0
            next.activeDeadlineSeconds = max(1, limit - spent)
        }
        return next
    }

    /// As an annotation.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    static func read(_ text: String) -> Attempt? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(Attempt.self, from: Data(text.utf8))
    }
}

extension Job {
    /// Whether a failure that may be retried has all replicas started again, so that no replica is restarted by itself.
    var restartsTogether: Bool {
        effectiveRunPolicy.effectiveRestartScope == .job
            && replicas.contains { $0.count > 0 && ($0.restartPolicy ?? .never) != .never }
    }
}
