public import Platform

/// Who may read, and how callers prove who they are.
public struct Authentication: Sendable, Equatable {
    /// The identity provider whose tokens are accepted. Default: nil, no tokens.
    public var provider: IdentityProvider?
    /// Addresses of proxies that sign users in. The `X-User` header is trusted from these addresses only. Default: none.
    public var trustedProxies: [AddressRange]
    /// Whether to trust `X-User` from every peer of a Unix socket too. Default: false.
    public var trustsSocket = false
    /// What each caller may read. Empty: every signed-in caller may read everything. Default: empty.
    public var access: [AccessRule]

    /// Accepts the given provider and proxies, and nobody else.
    public init(provider: IdentityProvider? = nil, trustedProxies: [AddressRange] = [], access: [AccessRule] = []) {
        self.provider = provider
        self.trustedProxies = trustedProxies
        self.access = access
    }
}

/// An OpenID Connect provider, <https://openid.net/specs/openid-connect-discovery-1_0.html>.
public struct IdentityProvider: Sendable, Equatable {
    /// The `iss` claim of the provider's tokens, and the base URL of its discovery document.
    public let issuer: Issuer
    /// The value that a token's `aud` claim must contain.
    public var audience: String
    /// The claim that names the user: a claim's name, or `a.b` for a nested claim. Default: `sub`. If it is `email`, tokens
    /// whose `email_verified` is not true are refused.
    public var userClaim: String
    /// The claim that holds the user's groups, a string or a list of strings. Default: `groups`. Without it a user has no groups.
    public var groupsClaim: String
    /// A PEM file with certificates to trust in addition to the system's. Default: nil.
    public var certificateFile: String?

    /// Describes a provider; the claims have OpenID Connect's usual names unless given.
    public init(
        issuer: Issuer,
        audience: String,
        userClaim: String = "sub",
        groupsClaim: String = "groups",
        certificateFile: String? = nil
    ) {
        self.issuer = issuer
        self.audience = audience
        self.userClaim = userClaim
        self.groupsClaim = groupsClaim
        self.certificateFile = certificateFile
    }
}
