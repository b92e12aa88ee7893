/// Who may read, and how a caller shows who they are.
public struct Authentication: Sendable, Equatable {
    /// Whose tokens are believed. Default: nil, nobody's.
    public var provider: IdentityProvider?
    /// Where a proxy may be that signs users in itself: from there alone the header `X-User` is believed. Default: none.
    public var trustedProxies: [AddressRange]
    /// Whether such a proxy may be at the other end of a Unix socket too. Default: false.
    public var trustsSocket = false
    /// What each caller may read; empty: whoever is signed in reads all. Default: empty.
    public var access: [AccessRule]

    /// Believes those that are given, and nobody else.
    public init(provider: IdentityProvider? = nil, trustedProxies: [AddressRange] = [], access: [AccessRule] = []) {
        self.provider = provider
        self.trustedProxies = trustedProxies
        self.access = access
    }
}

/// An OpenID Connect provider, <https://openid.net/specs/openid-connect-discovery-1_0.html>.
public struct IdentityProvider: Sendable, Equatable {
    /// The `iss` of its tokens, and where its discovery document is.
    public let issuer: Issuer
    /// Must be the `aud` of a token, or one of them.
    public var audience: String
    /// Names the user, a claim, or one within others as `a.b`. Default: `sub`. An `email` must not be one that the provider calls
    /// unverified.
    public var userClaim: String
    /// Names the user's groups, a string or a list of them. Default: `groups`. Where it is absent there are none.
    public var groupsClaim: String
    /// PEM certificates that are believed beside the system's. Default: nil.
    public var certificateFile: String?

    /// Takes what tokens have to say.
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
