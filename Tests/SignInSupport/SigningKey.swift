package import Crypto
package import CryptoExtras
package import Foundation

/// A provider's key, both halves.
package struct SigningKey: Sendable {
    package enum Material {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    package let id: String?
    package let material: Material

    package static func rsa(_ id: String?) throws -> SigningKey {
        SigningKey(id: id, material: .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048)))
    }

    package static func p256(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .p256(P256.Signing.PrivateKey()))
    }

    package static func ed25519(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .ed25519(Curve25519.Signing.PrivateKey()))
    }

    package var algorithm: String {
        switch material {
        case .rsa: "RS256"
        case .p256: "ES256"
        case .ed25519: "EdDSA"
        }
    }

    package func sign(_ data: Data) throws -> Data {
        switch material {
        case .rsa(let key): try key.signature(for: data, padding: .insecurePKCS1v1_5).rawRepresentation
        case .p256(let key): try key.signature(for: data).rawRepresentation
        case .ed25519(let key): try key.signature(for: data)
        }
    }

    /// The public half as a JSON Web Key.
    ///
    /// - Parameter more: further members, each with a comma behind it.
    package func jwk(_ more: String = "") throws -> String {
        let name = id.map { "\"kid\":\"\($0)\"," } ?? ""
        switch material {
        case .rsa(let key):
            let parts = try key.publicKey.getKeyPrimitives()
            return """
                {\(name)\(more)"kty":"RSA","n":"\(parts.modulus.base64URL)","e":"\(parts.publicExponent.base64URL)"}
                """
        case .p256(let key):
            let point = key.publicKey.rawRepresentation
            return """
                {\(name)\(more)"kty":"EC","crv":"P-256","x":"\(point.prefix(32).base64URL)","y":"\(point.suffix(32).base64URL)"}
                """
        case .ed25519(let key):
            return #"{\#(name)\#(more)"kty":"OKP","crv":"Ed25519","x":"\#(key.publicKey.rawRepresentation.base64URL)"}"#
        }
    }

    /// A token of these very bytes, signed.
    ///
    /// - Parameter header: nil for what the key needs and nothing more.
    package func token(header: String? = nil, _ payload: String) throws -> String {
        let kid = id.map { ",\"kid\":\"\($0)\"" } ?? ""
        let header = header ?? #"{"alg":"\#(algorithm)"\#(kid)}"#
        let signed = "\(Data(header.utf8).base64URL).\(Data(payload.utf8).base64URL)"
        return "\(signed).\(try sign(Data(signed.utf8)).base64URL)"
    }
}

extension Data {
    package var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
