import HTTPTypes
import Jobs
import SignIn

/// An error as clients get it: `application/problem+json`, <https://www.rfc-editor.org/rfc/rfc9457>.
///
/// Its type is always `about:blank`: the status names the kind of problem, and the detail says what to do.
struct Problem: Error, Equatable {
    let status: HTTPResponse.Status
    /// A sentence for people.
    let detail: String
    /// The header fields that the status requires: `Allow`, `WWW-Authenticate`, `Retry-After`.
    let fields: HTTPFields

    private init(_ status: HTTPResponse.Status, _ detail: String, fields: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }

    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail) }

    static func contentTooLarge(_ detail: String) -> Problem { Problem(.contentTooLarge, detail) }

    static func methodNotAllowed(_ detail: String, allowed: String = "GET, HEAD") -> Problem {
        Problem(.methodNotAllowed, detail, fields: [.allow: allowed])
    }

    static func tooManyRequests(_ detail: String) -> Problem {
        Problem(.tooManyRequests, detail, fields: [.retryAfter: "5"])
    }

    static func serviceUnavailable(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, detail, fields: [.retryAfter: "5"])
    }

    /// The challenge for a request without a token, <https://www.rfc-editor.org/rfc/rfc6750#section-3>.
    static let bearerChallenge = "Bearer realm=\"tfjob-admin\""

    static func unauthorized(_ detail: String, challenge: String = bearerChallenge) -> Problem {
        Problem(.unauthorized, detail, fields: [.wwwAuthenticate: challenge])
    }

    /// The request is for another host, <https://www.rfc-editor.org/rfc/rfc9110#status.421>.
    static let misdirected = Problem(
        .misdirectedRequest,
        "without `auth` the service answers to localhost and loopback addresses alone: ask for one of these, or let the proxy in front send Host: localhost"
    )

    /// <https://www.rfc-editor.org/rfc/rfc6585#section-5>
    static let headersTooLarge = Problem(
        .requestHeaderFieldsTooLarge,
        "the address or a header of the request is too large: send less of them"
    )

    /// The service runs, and has not read the repository yet.
    static let notReady = serviceUnavailable(
        "the repository has not been read yet; /api/ping says why, or ask again soon"
    )

    static let stateNotWritable = serviceUnavailable("the state folder can't be written; new commits wait until it can")

    static let providerAway = serviceUnavailable(
        "the identity provider has not answered yet, so no token can be verified; try again soon"
    )

    /// Clients learn nothing else about an unexpected error.
    static let unexpected = Problem(.internalServerError, "the service could not answer; its log says why")
}

extension Problem {
    /// The answer to a request whose caller could not be identified.
    init(_ error: SignInError) {
        self =
            switch error {
            case .unauthorized(let sentence): .unauthorized(sentence)
            case .badToken(let fault): .badToken(fault)
            case .providerAway: .providerAway
            }
    }

    private static func badToken(_ fault: TokenFault) -> Problem {
        unauthorized(
            "the token is not accepted: \(fault)",
            challenge:
                "\(bearerChallenge), error=\"invalid_token\", error_description=\"\(Self.fieldText("\(fault)"))\""
        )
    }

    /// The text as a quoted string of a header field may contain it, <https://www.rfc-editor.org/rfc/rfc6750#section-3>.
    private static func fieldText(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            let isAllowed = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
            result += isAllowed ? String(Character(scalar)) : "?"
        }
    }
}

extension String {
    /// The text in quotes for a sentence to the client: no control characters, and at most 80 characters.
    var quoted: String {
        let longest = 80
        let text = PlainText.quoted(String(String.UnicodeScalarView(unicodeScalars.prefix(longest))))
        return unicodeScalars.count > longest ? text.dropLast() + "…\"" : text
    }
}
