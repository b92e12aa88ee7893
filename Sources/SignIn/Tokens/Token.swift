import Foundation

/// A JSON Web Token in its compact form, <https://www.rfc-editor.org/rfc/rfc7519>, of which nothing is believed yet.
struct Token {
    /// Tokens with many groups have some thousand bytes.
    static let longest = 12 * 1024

    let algorithm: SignatureAlgorithm
    /// Which key the sender says it is.
    let keyID: String?
    /// What is signed.
    let signed: Data
    let signature: Data
    private let payload: Substring

    init(_ text: String) throws(TokenFault) {
        guard text.utf8.count <= Self.longest else { throw .tooLong }
        let parts = text.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        let header = try Self.object(parts[0])
        guard header["crit"] == nil else { throw .critical }
        try Self.check(type: header["typ"])
        guard
            let algorithm = header["alg"]?.text.flatMap({ name in
                SignatureAlgorithm.allCases.first { $0.rawValue.isExactly(name) }
            })
        else { throw .algorithm }
        if let id = header["kid"] {
            guard let id = id.text else { throw .malformed }
            keyID = id
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        self.signature = signature
        payload = parts[1]
        signed = Data(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }

    /// What the token says, once its signature is found to be good.
    func claims() throws(TokenFault) -> StrictJSON { try Self.object(payload) }

    /// Tokens that are made for other uses have other types, <https://www.rfc-editor.org/rfc/rfc8725#section-3.11>.
    private static func check(type: StrictJSON?) throws(TokenFault) {
        guard let type else { return }
        let known = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"]
        guard let text = type.text, known.contains(text.lowercased()) else { throw .type }
    }

    private static func object(_ part: Substring) throws(TokenFault) -> StrictJSON {
        guard let data = Base64URL.decode(part), let value = try? StrictJSON(Array(data)), case .object = value else {
            throw .malformed
        }
        return value
    }
}
