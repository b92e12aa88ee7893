import HTTPTypes

/// An error as a client gets it: `application/problem+json`, RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>.
///
/// Its type is always `about:blank`: the status says what kind of problem it is, and the detail what to do about it.
struct Problem: Error, Equatable {
    let status: HTTPResponse.Status
    /// A sentence for people.
    let detail: String
    /// The methods that the path does have; nil where they are not what is wrong.
    let allowed: String?

    private init(_ status: HTTPResponse.Status, _ detail: String, allowed: String? = nil) {
        self.status = status
        self.detail = detail
        self.allowed = allowed
    }

    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    static func unauthorized(_ detail: String) -> Problem { Problem(.unauthorized, detail) }

    static func contentTooLarge(_ detail: String) -> Problem { Problem(.contentTooLarge, detail) }

    static func methodNotAllowed(_ detail: String, allowed: String = "GET, HEAD") -> Problem {
        Problem(.methodNotAllowed, detail, allowed: allowed)
    }

    /// The service lives and has nothing to show yet.
    static let notReady = Problem(.serviceUnavailable, "the repository has not been looked at yet; ask again soon")

    /// Nobody outside is told more.
    static let unexpected = Problem(.internalServerError, "the service could not answer; its log says why")
}
