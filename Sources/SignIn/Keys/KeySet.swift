import Formats
import Foundation
import JWTKit

/// One of a provider's keys, for one algorithm. The algorithm follows from the key, never from a token.
struct VerificationKey: Sendable {
    let id: String?
    let algorithm: SignatureAlgorithm
    private let verifier: JWTKeyCollection

    /// Creates a key; nil if JWTKit can't use it, for example because an RSA key has fewer than 2048 bits.
    init?(_ published: JWK, for algorithm: SignatureAlgorithm) async {
        id = published.keyIdentifier?.string
        self.algorithm = algorithm
        var key = published
        key.algorithm = JWK.Algorithm(rawValue: algorithm.rawValue)
        // The only key of its collection, which asks for an identifier: the token's own is compared by ``KeySet``.
        key.keyIdentifier = key.keyIdentifier ?? JWKIdentifier(string: "")
        (key.privateExponent, key.prime1, key.prime2) = (nil, nil, nil)
        verifier = JWTKeyCollection()
        guard (try? await verifier.add(jwk: key)) != nil else { return nil }
    }

    /// Verifies the signature, and returns the token's claims.
    func verify(_ token: BearerToken) async throws(TokenFault) -> StrictJSON {
        do {
            _ = try await verifier.verify(token.text, as: UnreadPayload.self)
        } catch let error as JWTError where error.errorType == .malformedToken {
            throw .malformed
        } catch {
            throw .signature
        }
        return try token.readClaims()
    }
}

/// Leaves the payload to ``BearerToken/readClaims()``, which refuses a repeated name.
private struct UnreadPayload: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) {}
}

/// The keys of a provider, <https://www.rfc-editor.org/rfc/rfc7517#section-5>.
struct KeySet: Sendable {
    private let keys: [VerificationKey]
    private let document: [UInt8]
    /// The number of published keys that tokens may be signed with.
    let count: Int

    /// Reads a JSON Web Key Set.
    ///
    /// - Throws: ``ProviderFault`` if the document is no key set or has no usable key. The caller keeps its last keys then.
    init(_ document: [UInt8]) async throws(ProviderFault) {
        guard (try? StrictJSON(document)) != nil,
            let published = try? JSONDecoder().decode(PublishedKeys.self, from: Data(document))
        else { throw ProviderFault("its keys are no JSON Web Key Set") }
        self.document = document
        var keys: [VerificationKey] = []
        var count = 0
        for entry in published.keys {
            guard let jwk = entry.key else { continue }
            let before = keys.count
            for algorithm in entry.algorithms {
                if let key = await VerificationKey(jwk, for: algorithm) {
                    keys.append(key)
                }
            }
            count += keys.count > before ? 1 : 0
        }
        guard count > 0 else {
            throw ProviderFault("it has no key for \(SignatureAlgorithm.list) (RSA keys need 2048 to 8192 bits)")
        }
        self.keys = keys
        self.count = count
    }

    func isSame(as other: KeySet) -> Bool { document == other.document }

    /// Verifies a token with the one key that it can mean, and returns its claims; nil if there is no such key.
    ///
    /// A token that names no key means the only key of its algorithm. If that key did not sign it, the set may be outdated:
    /// a provider without key names rotates its keys too. So the result is nil.
    func verify(_ token: BearerToken) async throws(TokenFault) -> StrictJSON? {
        let candidates = keys.filter { key in
            key.algorithm == token.algorithm
                && (token.keyID == nil || token.keyID.map(ExactText.init) == key.id.map(ExactText.init))
        }
        guard candidates.count == 1 else { return nil }
        do throws(TokenFault) {
            return try await candidates[0].verify(token)
        } catch {
            guard token.keyID == nil, error == .signature else { throw error }
            return nil
        }
    }
}

/// A key set as JWTKit reads it, with the members that JWTKit ignores.
private struct PublishedKeys: Decodable {
    struct Entry: Decodable {
        /// Nil for a key of a type, curve or algorithm that JWTKit does not know.
        let key: JWK?
        private let members: StrictJSON

        init(from decoder: any Decoder) throws {
            members = try StrictJSON(from: decoder)
            key = try? JWK(from: decoder)
        }

        /// The algorithms that the key may be used for; none if it is for another purpose.
        var algorithms: [SignatureAlgorithm] {
            guard members["use"].map({ $0.text?.isExactly("sig") == true }) ?? true,
                members["key_ops"].map({ $0.texts?.contains { $0.isExactly("verify") } == true }) ?? true
            else { return [] }
            guard let name = members["alg"] else { return possibleAlgorithms }
            return possibleAlgorithms.filter { name.text?.isExactly($0.rawValue) == true }
        }

        private var possibleAlgorithms: [SignatureAlgorithm] {
            func size(_ member: String) -> Int {
                members[member]?.text.flatMap { Base64URL.decode($0.utf8)?.count } ?? 0
            }
            return switch (members["kty"]?.text, members["crv"]?.text) {
            // A verification takes longer with a larger key. No provider has RSA keys of more than 8192 bits.
            case ("RSA", _) where size("n") <= 1024 && size("e") <= 4: [.rs256, .rs384, .rs512, .ps256]
            case ("EC", "P-256") where size("x") == 32 && size("y") == 32: [.es256]
            case ("EC", "P-384") where size("x") == 48 && size("y") == 48: [.es384]
            case ("OKP", "Ed25519"): [.edDSA]
            default: []
            }
        }
    }

    let keys: [Entry]
}
