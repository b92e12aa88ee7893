/// How a token may be signed, <https://www.rfc-editor.org/rfc/rfc7518#section-3.1>, <https://www.rfc-editor.org/rfc/rfc8037>.
///
/// There is nothing here that needs no key (`none`) or a key that the service would have to share (`HS256`).
enum SignatureAlgorithm: String, Sendable, CaseIterable {
    /// RSA PKCS #1 v1.5 with SHA-256, keys of 2048 bits and more.
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// Ed25519.
    case edDSA = "EdDSA"
}
