/// Why a token is refused. The caller reads the description, so it repeats nothing of the token.
package enum TokenFault: Error, Equatable, CustomStringConvertible {
    case malformed
    case tooLong
    case type
    case algorithm
    case critical
    case unknownKey
    case signature
    case issuer
    case audience
    case expired
    case notYetValid
    /// The claim is missing or has the wrong type.
    case claim(String)
    case unverifiedAddress

    package var description: String {
        switch self {
        case .malformed: "it is no signed JSON Web Token"
        case .tooLong: "it is longer than \(BearerToken.longest) bytes"
        case .type: "it is of a type that is for something else"
        case .algorithm: "it is signed with an algorithm other than \(SignatureAlgorithm.list)"
        case .critical: "it has an extension that is not understood"
        case .unknownKey: "the key that signed it is not one of the provider's"
        case .signature: "its signature is wrong"
        case .issuer: "it is from another issuer"
        case .audience: "it is for another audience"
        case .expired: "it has expired"
        case .notYetValid: "it is not valid yet"
        case .claim(let name): "its claim \(name) is missing or of the wrong kind"
        case .unverifiedAddress: "its mail address is not verified"
        }
    }
}
