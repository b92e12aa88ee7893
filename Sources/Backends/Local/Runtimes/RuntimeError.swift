import Foundation

/// The reason why a runtime is not available, as a sentence for the user.
public struct RuntimeError: Error, Equatable, Codable {
    /// The sentence.
    public let message: String
    /// Whether a retry may succeed, for example after a failed write.
    public let mayHeal: Bool

    init(_ message: String, mayHeal: Bool = false) {
        self.message = message
        self.mayHeal = mayHeal
    }

    /// The error as one line of JSON, with which the verb `provision` reports it to the service.
    public var report: String {
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Reads the report of an installation. Nil: there is none, because the process was ended.
    init?(report: String) {
        guard let error = try? JSONDecoder().decode(RuntimeError.self, from: Data(report.utf8)) else { return nil }
        self = error
    }
}

/// The time between the tries of an installation that failed.
struct RetryPauses: Sendable {
    /// The pause after the first failure.
    var first: Duration
    /// The longest pause. Each one is twice as long as the one before it.
    var longest: Duration

    /// After a failure whose cause may go away, such as an index that does not answer.
    static let healing = RetryPauses(first: .seconds(5), longest: .seconds(300))
    /// After a failure that lasts until the index has other packages.
    static let lasting = RetryPauses(first: .seconds(60), longest: .seconds(3600))

    /// The pause after a number of failures in a row, from 1.
    func pause(after failures: Int) -> Duration {
        min(first * (1 << min(max(failures - 1, 0), 20)), longest)
    }
}
