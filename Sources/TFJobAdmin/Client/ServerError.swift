import ArgumentParser
import Jobs

/// Why a service's answer can't be had: a sentence that says what to do.
struct ServerError: Error, CustomStringConvertible {
    /// What kind of failure it is, for those who do something about it.
    enum Kind: Equatable {
        /// Wrong options.
        case usage
        /// Nobody answers.
        case notReachable
        /// It answers that it can't just now.
        case unavailable
        /// What is asked for is not there.
        case notFound
        /// It answered, and not with what was asked for.
        case refused
    }

    let kind: Kind
    let description: String

    /// Whether the same question may well have an answer soon.
    var isPassing: Bool { kind == .notReachable || kind == .unavailable }

    /// What a verb ends with.
    var exitCode: ExitCode { kind == .usage ? .validationFailure : .failure }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        // Much of it is what a service said.
        self.description = PlainText.line(description)
    }
}
