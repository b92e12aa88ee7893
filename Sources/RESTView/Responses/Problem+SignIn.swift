import SignIn

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

    /// A text as a quoted string in a header field may hold it, <https://www.rfc-editor.org/rfc/rfc6750#section-3>.
    private static func fieldText(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            let isAllowed = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
            result += isAllowed ? String(Character(scalar)) : "?"
        }
    }

    static let providerAway = serviceUnavailable(
        "the identity provider has not answered yet, so no token can be verified; try again soon"
    )
}
