import Formats
import Foundation
import JWTKit

/// The signature algorithms that tokens may use, <https://www.rfc-editor.org/rfc/rfc7518#section-3.1>,
/// <https://www.rfc-editor.org/rfc/rfc8037>.
///
/// The list has no algorithm without a key (`none`), and none with a key that the service would share (`HS256`).
enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case edDSA = "EdDSA"

    static let list = allCases.map(\.rawValue).joined(separator: ", ")
}

/// A JSON Web Token in its compact form, <https://www.rfc-editor.org/rfc/rfc7519>. Nothing in it is trusted until
/// ``VerificationKey/verify(_:)`` returns.
struct BearerToken {
    /// In bytes. Tokens with many groups have a few thousand.
    static let longest = 12 * 1024

    let text: String
    let algorithm: SignatureAlgorithm
    /// The sender's claim which key signed the token; nil if the header names none.
    let keyID: String?
    private let payload: Data

    /// Checks the token's form and reads its header.
    init(_ text: String) throws(TokenFault) {
        guard text.utf8.count <= Self.longest else { throw .tooLong }
        // JWTKit decodes several spellings to the same bytes; one token must have one spelling.
        guard let parts = try? DefaultJWTParser().getTokenParts(Array(text.utf8)),
            let header = Base64URL.decode(parts.header), let payload = Base64URL.decode(parts.payload),
            Base64URL.decode(parts.signature) != nil
        else { throw .malformed }
        self.text = text
        self.payload = payload
        // Not by JWTKit's `JWTHeader`: it traps on a number that does not fit in an `Int`.
        let fields = try Self.readObject(header)
        guard fields["crit"] == nil else { throw .critical }
        try Self.checkType(fields["typ"])
        guard
            let algorithm = fields["alg"]?.text.flatMap({ name in
                SignatureAlgorithm.allCases.first { $0.rawValue.isExactly(name) }
            })
        else { throw .algorithm }
        if let id = fields["kid"] {
            guard let id = id.text else { throw .malformed }
            keyID = id
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
    }

    /// Reads the payload. Call it only after the signature was verified.
    func readClaims() throws(TokenFault) -> StrictJSON { try Self.readObject(payload) }

    /// Tokens for other purposes have other types, <https://www.rfc-editor.org/rfc/rfc8725#section-3.11>.
    private static func checkType(_ type: StrictJSON?) throws(TokenFault) {
        guard let type else { return }
        let known = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"]
        guard let text = type.text, known.contains(text.lowercased()) else { throw .type }
    }

    private static func readObject(_ part: Data) throws(TokenFault) -> StrictJSON {
        guard let value = try? StrictJSON(part), case .object = value else { throw .malformed }
        return value
    }
}

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
