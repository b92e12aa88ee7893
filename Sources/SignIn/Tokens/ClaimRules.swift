import Foundation

/// Checks the claims of a verified token, and reads the caller from them.
struct ClaimRules: Sendable {
    /// The tolerated difference between the clocks of provider and service, in seconds.
    static let skew: TimeInterval = 60

    let provider: IdentityProvider

    /// Applies the rules of <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation> that concern a recipient.
    func caller(_ claims: StrictJSON, at now: Date) throws(TokenFault) -> Caller {
        guard claims["iss"]?.text?.isExactly(provider.issuer.description) == true else { throw .issuer }
        guard claims["aud"]?.texts?.contains(where: provider.audience.isExactly) == true else { throw .audience }
        guard let end = claims["exp"]?.number else { throw .claim("exp") }
        guard now.timeIntervalSince1970 < end + Self.skew else { throw .expired }
        if let start = try time("nbf", of: claims), now.timeIntervalSince1970 < start - Self.skew {
            throw .notYetValid
        }
        _ = try time("iat", of: claims)
        return Caller(
            user: try user(claims),
            groups: try groups(claims),
            end: Date(timeIntervalSince1970: end + Self.skew)
        )
    }

    private func time(_ name: String, of claims: StrictJSON) throws(TokenFault) -> TimeInterval? {
        guard let value = claims[name] else { return nil }
        guard let number = value.number else { throw .claim(name) }
        return number
    }

    private func user(_ claims: StrictJSON) throws(TokenFault) -> String {
        guard let name = Self.value(provider.userClaim, of: claims)?.text, Caller.isName(name) else {
            throw .claim(provider.userClaim)
        }
        // At many providers users can enter any address. Some providers say whether they verified it.
        if provider.userClaim == "email", let verified = claims["email_verified"], verified != .bool(true) {
            throw .unverifiedAddress
        }
        return name
    }

    private func groups(_ claims: StrictJSON) throws(TokenFault) -> [String] {
        guard let value = Self.value(provider.groupsClaim, of: claims) else { return [] }
        guard let groups = value.texts else { throw .claim(provider.groupsClaim) }
        return groups
    }

    /// The claim of this name, which may contain dots, as in a URL; or else a nested claim.
    private static func value(_ name: String, of claims: StrictJSON) -> StrictJSON? {
        if let value = claims[name] {
            return value
        }
        return name.split(separator: ".").reduce(Optional(claims)) { $0?[String($1)] }
    }
}
