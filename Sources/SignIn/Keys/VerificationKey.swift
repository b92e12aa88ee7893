import Crypto
import CryptoExtras
import Foundation

/// A key that tokens are verified with. It is for one algorithm, which follows from the key and never from a token.
struct VerificationKey: Sendable {
    private enum Material {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    let id: String?
    let algorithm: SignatureAlgorithm
    private let material: Material

    /// Reads a JSON Web Key, <https://www.rfc-editor.org/rfc/rfc7517>.
    ///
    /// - Returns: nil for a key of another kind, for another use, or that is none: a set may have keys that are not for us.
    init?(_ key: StrictJSON) {
        guard let material = Self.material(key) else { return nil }
        let algorithm: SignatureAlgorithm =
            switch material {
            case .rsa: .rs256
            case .p256: .es256
            case .ed25519: .edDSA
            }
        guard key["alg"].map({ $0.text?.isExactly(algorithm.rawValue) == true }) ?? true,
            key["use"].map({ $0.text?.isExactly("sig") == true }) ?? true,
            key["key_ops"].map({ $0.texts?.contains { $0.isExactly("verify") } == true }) ?? true
        else { return nil }
        id = key["kid"]?.text
        self.algorithm = algorithm
        self.material = material
    }

    private static func material(_ key: StrictJSON) -> Material? {
        func bytes(_ name: String) -> Data? { key[name]?.text.flatMap { Base64URL.decode($0) } }
        switch (key["kty"]?.text.map(ExactText.init), key["crv"]?.text.map(ExactText.init)) {
        case ("RSA", _):
            // The time that a verification takes grows with the key; no provider has one of over 8192 bits.
            guard let modulus = bytes("n"), let exponent = bytes("e"), modulus.count <= 1024, exponent.count <= 4 else {
                return nil
            }
            return (try? _RSA.Signing.PublicKey(n: modulus, e: exponent)).map(Material.rsa)
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32 else { return nil }
            return (try? P256.Signing.PublicKey(rawRepresentation: x + y)).map(Material.p256)
        case ("OKP", "Ed25519"):
            guard let x = bytes("x") else { return nil }
            return (try? Curve25519.Signing.PublicKey(rawRepresentation: x)).map(Material.ed25519)
        default: return nil
        }
    }

    func isValid(_ signature: Data, for signed: Data) -> Bool {
        switch material {
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature),
                for: signed,
                padding: .insecurePKCS1v1_5
            )
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: signed)
        case .ed25519(let key):
            return key.isValidSignature(signature, for: signed)
        }
    }
}
