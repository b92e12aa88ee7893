import Crypto
import Foundation

/// A sender of webhooks. Each signs in its own way.
enum Forge: String, CaseIterable, Sendable {
    case github, gitlab, gitea, bitbucket, generic

    /// How a delivery proves that its sender knows the secret.
    enum Proof {
        /// The HMAC-SHA256 of the body in hexadecimal digits, after a prefix. The first existing header field counts.
        case digest(fields: [String], prefix: String)
        /// The secret itself, or a signature by Standard Webhooks.
        case gitLab
    }

    /// The proof as the forge's documentation describes it:
    ///
    /// - GitHub: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>. Its older `X-Hub-Signature`, by
    ///   SHA-1, is ignored.
    /// - GitLab: <https://docs.gitlab.com/user/project/integrations/webhooks/>, secret token and signing token.
    /// - Gitea: <https://docs.gitea.com/usage/webhooks>; Forgejo: <https://forgejo.org/docs/latest/user/webhooks/>.
    /// - Bitbucket Cloud: <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>, Data Center:
    ///   <https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html>.
    /// - `generic` is ours, for hooks and scripts: `openssl dgst -sha256 -hmac "$secret"` makes its digits.
    var proof: Proof {
        switch self {
        case .github: .digest(fields: ["x-hub-signature-256"], prefix: "sha256=")
        case .gitlab: .gitLab
        case .gitea: .digest(fields: ["x-gitea-signature", "x-forgejo-signature"], prefix: "")
        case .bitbucket: .digest(fields: ["x-hub-signature"], prefix: "sha256=")
        case .generic: .digest(fields: ["x-signature"], prefix: "sha256=")
        }
    }
}

/// A signature over id, time and body by Standard Webhooks, as GitLab's signing tokens make it,
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
struct StandardWebhook {
    static let signatureField = "webhook-signature"
    /// The tolerated age of a delivery, in seconds. An older one may be a replay.
    static let tolerance: TimeInterval = 300

    let id: String
    /// Seconds since 1970.
    let time: String
    /// Signatures separated by blanks, each `v1,<base64>`. Other versions are ignored.
    let signatures: String

    /// The check for the body; nil if the time stamp is invalid or too far from now.
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
