import Foundation
import Hummingbird
import Logging

/// Finds out who sends a request.
struct Authenticator: Sendable {
    let settings: Authentication
    /// The provider's keys; nil without one.
    let keys: KeyStore?
    let now: @Sendable () -> Date

    init(_ settings: Authentication, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }) {
        self.settings = settings
        self.now = now
        keys = settings.provider.map { provider in
            var logger = logger
            logger[metadataKey: "issuer"] = "\(provider.issuer)"
            return KeyStore(logger: logger, fetch: ProviderDocuments(provider: provider).keys)
        }
    }

    /// Whether anybody can sign in.
    var isReady: Bool {
        get async {
            guard let keys, settings.trustedProxies.isEmpty, !settings.trustsSocket else { return true }
            return await keys.hasKeys
        }
    }

    /// The caller by their token, else by the word of a proxy.
    ///
    /// - Parameters:
    ///   - headers: the request's.
    ///   - peer: the address at the other end of the connection; nil where it is not known.
    /// - Throws: ``Problem``: 401, and 503 while a token can't be verified.
    func caller(_ headers: HTTPFields, from peer: String?) async throws(Problem) -> Caller {
        if let provider = settings.provider, let keys, let token = try Self.bearer(headers) {
            return try await caller(token, provider, keys)
        }
        if let caller = try proxiedCaller(headers, from: peer) {
            return caller
        }
        throw .unauthorized(
            settings.provider == nil
                ? "sign in at the proxy in front of this service"
                : "send a token of the identity provider: Authorization: Bearer …"
        )
    }

    /// From when on an answer that lasts tells a caller nothing more; nil where that has no end.
    func end(of caller: Caller) -> ContinuousClock.Instant? {
        guard let end = caller.end else { return nil }
        // Some providers write "never" as a time that no clock reaches.
        return .now + .seconds(min(max(end.timeIntervalSince(now()), 0), Self.longest))
    }

    /// In seconds: a year.
    private static let longest: TimeInterval = 365 * 86_400

    /// <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>; nil where there is no such header, or one for something else.
    private static func bearer(_ headers: HTTPFields) throws(Problem) -> String? {
        let values = headers[values: .authorization]
        guard values.count < 2 else { throw .unauthorized("send one Authorization header, not several") }
        let parts = values.first?.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let parts, parts[0].lowercased() == "bearer" else { return nil }
        return parts.count == 2 ? String(parts[1]) : ""
    }

    private func caller(_ text: String, _ provider: IdentityProvider, _ keys: KeyStore) async throws(Problem) -> Caller
    {
        do throws(TokenFault) {
            let token = try Token(text)
            switch await keys.key(for: token) {
            case .found(let key):
                guard key.isValid(token.signature, for: token.signed) else { throw .signature }
                return try ClaimRules(provider: provider).caller(try token.claims(), at: now())
            case .unknown: throw .unknownKey
            case .unavailable: break
            }
        } catch {
            throw .badToken(error)
        }
        throw .providerAway
    }

    /// Nil where no proxy that is trusted says anything; what others say is passed over.
    private func proxiedCaller(_ headers: HTTPFields, from peer: String?) throws(Problem) -> Caller? {
        let users = headers.filter { $0.name.canonicalName == "x-user" }.map(\.value)
        guard !users.isEmpty, let peer, isTrusted(peer) else { return nil }
        guard users.count == 1, Caller.isName(users[0]) else {
            throw .unauthorized("the proxy's X-User header must be one name")
        }
        return Caller(user: users[0])
    }

    private func isTrusted(_ peer: String) -> Bool {
        guard peer != ConnectionContext.socket else { return settings.trustsSocket }
        guard let address = InternetAddress(peer) else { return false }
        return settings.trustedProxies.contains { $0.contains(address) }
    }
}

extension Problem {
    fileprivate static func badToken(_ fault: TokenFault) -> Problem {
        unauthorized(
            "the token is not accepted: \(fault)",
            challenge:
                "\(bearerChallenge), error=\"invalid_token\", error_description=\"\(Self.fieldText("\(fault)"))\""
        )
    }

    /// A text as it may stand in the quotes of a header field, <https://www.rfc-editor.org/rfc/rfc6750#section-3>.
    private static func fieldText(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            let isAllowed = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
            result += isAllowed ? String(Character(scalar)) : "?"
        }
    }

    static let providerAway = serviceUnavailable(
        "the identity provider has not answered yet, so no token can be verified; try again soon"
    )
}
