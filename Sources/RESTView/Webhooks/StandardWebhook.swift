import Crypto
import Foundation

/// A signature over id, time and body, as GitLab's signing tokens make it.
///
/// The form is that of Standard Webhooks,
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
struct StandardWebhook {
    static let signatureField = "webhook-signature"
    /// How far sender and receiver may be apart, in seconds: an older delivery is one that somebody sends again.
    static let tolerance: TimeInterval = 300

    let id: String
    /// Seconds since 1970.
    let time: String
    /// One or more, parted by blanks, each `v1,<base64>`; others are of versions that we do not know.
    let signatures: String

    /// What the body goes through; nil where the time stamp is none, or too far from now.
    func proof(with secret: WebhookSecret, now: Date) -> DeliveryProof? {
        guard let seconds = Int64(time), abs(Double(seconds) - now.timeIntervalSince1970) <= Self.tolerance else {
            return nil
        }
        let codes = signatures.split(separator: " ").compactMap { signature in
            signature.hasPrefix("v1,") ? Data(base64Encoded: String(signature.dropFirst(3))) : nil
        }
        return DeliveryProof(codes: codes, key: secret.signingKey, prefix: Data("\(id).\(time).".utf8))
    }
}
