package import Foundation
package import HTTPTypes
package import Logging
public import Platform

/// Who may read, and how callers prove who they are.
public struct Authentication: Sendable, Equatable {
    /// The identity provider whose tokens are accepted. Default: nil, no tokens.
    public var provider: IdentityProvider?
    /// Addresses of proxies that sign users in. `X-User` and ``groupsHeader`` are trusted from these addresses only. Default: none.
    public var trustedProxies: [AddressRange]
    /// Whether to trust these headers from every peer of a Unix socket too, and to know a peer that sends none by its own user.
    /// Default: false.
    public var trustsSocket = false
    /// The header in which a trusted proxy names the groups of the user, separated by commas. Default: `X-Groups`.
    public var groupsHeader = "X-Groups"
    /// What each caller may read. Empty: every signed-in caller may read everything. Default: empty.
    public var access: [AccessRule]

    /// Whether a text can be the name of a header.
    public static func isHeaderName(_ text: String) -> Bool { HTTPField.Name(text) != nil }

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

/// The other end of a connection. No header can change it.
package enum Peer: Sendable, Equatable, CustomStringConvertible {
    case address(String)
    /// The peer of a Unix-socket connection. The socket's file mode controls access.
    case socket

    package var description: String {
        switch self {
        case .address(let text): text
        case .socket: "unix"
        }
    }
}

/// The process at the other end of a Unix socket: <https://man7.org/linux/man-pages/man7/unix.7.html>, `SO_PEERCRED`.
package struct PeerProcess: Sendable, Equatable {
    /// The number of the user as whom it connected.
    package let user: UInt32
    /// The number of its group.
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// The user with their groups, by name. A user whom the machine does not know has the number as name.
    fileprivate var caller: Caller {
        guard let name = UserAccount.name(ofUser: user) else { return Caller(user: "\(user)") }
        return Caller(user: name, groups: UserAccount.groupNames(ofUser: name, group: group))
    }
}

/// Why a request has no caller.
package enum SignInError: Error, Equatable {
    /// The request proves nobody's identity. The sentence says how to sign in.
    case unauthorized(String)
    case badToken(TokenFault)
    /// The provider has not answered yet, so no token can be verified.
    case providerAway
}

/// Identifies the caller of a request.
package struct Authenticator: Sendable {
    package let settings: Authentication
    /// The provider's keys; nil without a provider.
    package let keys: KeyStore?
    private let now: @Sendable () -> Date

    package init(_ settings: Authentication, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }) {
        self.settings = settings
        self.now = now
        keys = settings.provider.map { provider in
            var logger = logger
            logger[metadataKey: "issuer"] = "\(provider.issuer)"
            return KeyStore(logger: logger, fetch: ProviderDocuments(provider: provider).fetchKeys)
        }
    }

    /// Whether at least one way to sign in works.
    package var isReady: Bool {
        get async {
            guard let keys, settings.trustedProxies.isEmpty, !settings.trustsSocket else { return true }
            return await keys.hasKeys
        }
    }

    /// Identifies the caller by their token, or else by the headers of a trusted proxy, or else by the peer of a Unix socket.
    ///
    /// - Parameters:
    ///   - headers: the request's header fields.
    ///   - peer: the other end of the connection; nil if unknown.
    ///   - process: the process at the other end of a Unix socket. Nil: unknown, or there is none.
    package func identifyCaller(
        _ headers: HTTPFields,
        from peer: Peer?,
        _ process: PeerProcess? = nil
    ) async throws(SignInError) -> Caller {
        if let provider = settings.provider, let keys, let token = try Self.bearerToken(headers) {
            return try await verifyToken(token, provider, keys)
        }
        if let caller = try proxiedCaller(headers, from: peer) {
            return caller
        }
        if settings.trustsSocket, peer == .socket, let process { return process.caller }
        throw .unauthorized(
            settings.provider == nil
                ? "sign in at the proxy in front of this service"
                : "send a token of the identity provider: Authorization: Bearer …"
        )
    }

    /// When a streamed answer to the caller must end; nil for no limit.
    package func end(of caller: Caller) -> ContinuousClock.Instant? {
        guard let end = caller.end else { return nil }
        // Some providers encode "never" as a time that no clock reaches.
        return .now + .seconds(min(max(end.timeIntervalSince(now()), 0), Self.longest))
    }

    /// One year, in seconds.
    private static let longest: TimeInterval = 365 * 86_400

    /// <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>. Nil if the header is missing or uses another scheme.
    private static func bearerToken(_ headers: HTTPFields) throws(SignInError) -> String? {
        let values = headers[values: .authorization]
        guard values.count < 2 else { throw .unauthorized("send one Authorization header, not several") }
        let parts = values.first?.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let parts, parts[0].lowercased() == "bearer" else { return nil }
        return parts.count == 2 ? String(parts[1]) : ""
    }

    private func verifyToken(
        _ text: String,
        _ provider: IdentityProvider,
        _ keys: KeyStore
    ) async throws(SignInError) -> Caller {
        do throws(TokenFault) {
            switch try await keys.verify(try BearerToken(text)) {
            case .verified(let claims): return try ClaimRules(provider: provider).caller(claims, at: now())
            case .unknownKey: throw .unknownKey
            case .unavailable: break
            }
        } catch {
            throw .badToken(error)
        }
        throw .providerAway
    }

    /// Nil unless a trusted proxy names a user; headers from any other peer are ignored.
    private func proxiedCaller(_ headers: HTTPFields, from peer: Peer?) throws(SignInError) -> Caller? {
        let users = headers.filter { $0.name.canonicalName == "x-user" }.map(\.value)
        guard !users.isEmpty, let peer, isTrusted(peer) else { return nil }
        guard users.count == 1, Caller.isName(users[0]) else {
            throw .unauthorized("the proxy's X-User header must be one name")
        }
        return Caller(user: users[0], groups: try proxiedGroups(headers))
    }

    /// The groups that the proxy names. Several fields count as one, as HTTP has it for lists.
    private func proxiedGroups(_ headers: HTTPFields) throws(SignInError) -> [String] {
        let name = settings.groupsHeader.lowercased()
        let groups = headers.filter { $0.name.canonicalName == name }.flatMap { $0.value.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard groups.allSatisfy(Caller.isName) else {
            throw .unauthorized("the proxy's \(settings.groupsHeader) header must be names, separated by commas")
        }
        return groups
    }

    private func isTrusted(_ peer: Peer) -> Bool {
        switch peer {
        case .socket: settings.trustsSocket
        case .address(let text): settings.trustedProxies.contains { $0.contains(address: text) }
        }
    }
}
