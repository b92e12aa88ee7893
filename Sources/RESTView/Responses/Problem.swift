import HTTPTypes

/// An error as a client gets it: `application/problem+json`, RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>.
///
/// Its type is always `about:blank`: the status says what kind of problem it is, and the detail what to do about it.
struct Problem: Error, Equatable {
    let status: HTTPResponse.Status
    /// A sentence for people.
    let detail: String
    /// What the status asks for: `Allow`, `WWW-Authenticate`, `Retry-After`.
    let fields: HTTPFields

    private init(_ status: HTTPResponse.Status, _ detail: String, fields: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }

    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    /// What a caller who sent no token is asked for, <https://www.rfc-editor.org/rfc/rfc6750#section-3>.
    static let bearerChallenge = "Bearer realm=\"tfjob-admin\""

    static func unauthorized(_ detail: String, challenge: String = bearerChallenge) -> Problem {
        Problem(.unauthorized, detail, fields: [.wwwAuthenticate: challenge])
    }

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail) }

    /// The request is for another host, <https://www.rfc-editor.org/rfc/rfc9110#status.421>.
    static let misdirected = Problem(
        .misdirectedRequest,
        "without `auth` the service answers to localhost and loopback addresses alone: ask for one of these, or let the proxy in front send Host: localhost"
    )

    static func contentTooLarge(_ detail: String) -> Problem { Problem(.contentTooLarge, detail) }

    /// <https://www.rfc-editor.org/rfc/rfc6585#section-5>
    static let headersTooLarge = Problem(
        .requestHeaderFieldsTooLarge,
        "the address or a header of the request is too large: send less of them"
    )

    static func methodNotAllowed(_ detail: String, allowed: String = "GET, HEAD") -> Problem {
        Problem(.methodNotAllowed, detail, fields: [.allow: allowed])
    }

    static func tooManyRequests(_ detail: String) -> Problem {
        Problem(.tooManyRequests, detail, fields: [.retryAfter: "5"])
    }

    static func serviceUnavailable(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, detail, fields: [.retryAfter: "5"])
    }

    /// The service lives and has nothing to show yet.
    static let notReady = serviceUnavailable("the repository has not been looked at yet; ask again soon")

    /// Nobody outside is told more.
    static let unexpected = Problem(.internalServerError, "the service could not answer; its log says why")
}
