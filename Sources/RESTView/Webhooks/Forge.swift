/// Who delivers a webhook; each signs in a way of its own.
enum Forge: String, CaseIterable, Sendable {
    case github, gitlab, gitea, bitbucket, generic

    /// How a delivery shows that it knows the secret.
    enum Proof {
        /// The HMAC-SHA256 of the body in hexadecimal digits, after a prefix.
        ///
        /// The first of the header fields that is there counts.
        case digest(fields: [String], prefix: String)
        /// The secret itself, or a signature as Standard Webhooks have it.
        case gitLab
    }

    /// The proof that the forge's own documentation describes:
    ///
    /// - GitHub: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>. Its older `X-Hub-Signature`, by
    ///   SHA-1, is not looked at.
    /// - GitLab: <https://docs.gitlab.com/user/project/integrations/webhooks/>, secret token and signing token.
    /// - Gitea: <https://docs.gitea.com/usage/webhooks>; Forgejo: <https://forgejo.org/docs/latest/user/webhooks/>.
    /// - Bitbucket Cloud: <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>, Data Center:
    ///   <https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html>.
    /// - `generic` is ours, for a hook or a script: `openssl dgst -sha256 -hmac "$secret"` makes its digits.
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
