package import Crypto
package import CryptoExtras
package import Foundation

/// A provider's key pair, and the algorithm that it signs with.
package struct SigningKey: Sendable {
    package enum Material {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    package let id: String?
    package let material: Material
    package let algorithm: String

    package static func rsa(_ id: String?) throws -> SigningKey {
        SigningKey(id: id, material: .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048)), algorithm: "RS256")
    }

    package static func p256(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .p256(P256.Signing.PrivateKey()), algorithm: "ES256")
    }

    package static func p384(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .p384(P384.Signing.PrivateKey()), algorithm: "ES384")
    }

    package static func p521(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .p521(P521.Signing.PrivateKey()), algorithm: "ES512")
    }

    package static func ed25519(_ id: String?) -> SigningKey {
        SigningKey(id: id, material: .ed25519(Curve25519.Signing.PrivateKey()), algorithm: "EdDSA")
    }

    /// The same key, signing with another algorithm of its kind.
    package func using(_ algorithm: String) -> SigningKey {
        SigningKey(id: id, material: material, algorithm: algorithm)
    }

    package func sign(_ data: Data) throws -> Data {
        switch material {
        case .rsa(let key):
            let padding: _RSA.Signing.Padding = algorithm.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
            return switch algorithm.suffix(3) {
            case "384": try key.signature(for: SHA384.hash(data: data), padding: padding).rawRepresentation
            case "512": try key.signature(for: SHA512.hash(data: data), padding: padding).rawRepresentation
            default: try key.signature(for: SHA256.hash(data: data), padding: padding).rawRepresentation
            }
        case .p256(let key): return try key.signature(for: data).rawRepresentation
        case .p384(let key): return try key.signature(for: data).rawRepresentation
        case .p521(let key): return try key.signature(for: data).rawRepresentation
        case .ed25519(let key): return try key.signature(for: data)
        }
    }

    /// The public key as a JSON Web Key.
    ///
    /// - Parameter more: additional members, each followed by a comma.
    package func jwk(_ more: String = "") throws -> String {
        let name = id.map { "\"kid\":\"\($0)\"," } ?? ""
        switch material {
        case .rsa(let key):
            let parts = try key.publicKey.getKeyPrimitives()
            return """
                {\(name)\(more)"kty":"RSA","n":"\(parts.modulus.base64URL)","e":"\(parts.publicExponent.base64URL)"}
                """
        case .p256(let key): return Self.point(key.publicKey.rawRepresentation, "P-256", name + more)
        case .p384(let key): return Self.point(key.publicKey.rawRepresentation, "P-384", name + more)
        case .p521(let key): return Self.point(key.publicKey.rawRepresentation, "P-521", name + more)
        case .ed25519(let key):
            return #"{\#(name)\#(more)"kty":"OKP","crv":"Ed25519","x":"\#(key.publicKey.rawRepresentation.base64URL)"}"#
        }
    }

    private static func point(_ point: Data, _ curve: String, _ members: String) -> String {
        let (x, y) = (point.prefix(point.count / 2).base64URL, point.suffix(point.count / 2).base64URL)
        return #"{\#(members)"kty":"EC","crv":"\#(curve)","x":"\#(x)","y":"\#(y)"}"#
    }

    /// Signs a token with exactly this payload.
    ///
    /// - Parameter header: the header as JSON. Default: nil, the key's algorithm and id.
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
