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

    func isGenuine(body: Data, secret: WebhookSecret, now: Date) -> Bool {
        guard let seconds = Int64(time), abs(Double(seconds) - now.timeIntervalSince1970) <= Self.tolerance else {
            return false
        }
        let signed = Data("\(id).\(time).".utf8) + body
        return signatures.split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"), let code = Data(base64Encoded: String(signature.dropFirst(3))) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: secret.signingKey)
        }
    }
}
