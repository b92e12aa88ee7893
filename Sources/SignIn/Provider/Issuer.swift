import Foundation
import Platform

/// The identifier of a provider, which is also the base URL of its documents.
public struct Issuer: Sendable, Equatable, CustomStringConvertible {
    /// The error for a text that is not an issuer.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// A sentence that says what to write.
        public let description: String
    }

    /// The URL as it was written. A token's `iss` must equal it byte by byte.
    public let description: String

    /// Parses an `https` URL, or an `http` URL of this machine, without user, query or fragment,
    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#IssuerDiscovery>.
    public init(_ text: String) throws(Invalid) {
        guard let url = ProviderAddress(text), url.hasPathAlone else {
            throw Invalid(
                description:
                    "\"\(text)\" is no issuer; write its https URL, without a query (http only to a loopback address)"
            )
        }
        description = text
    }

    /// The URL of the provider's metadata.
    var configurationAddress: String {
        (description.hasSuffix("/") ? String(description.dropLast()) : description)
            + "/.well-known/openid-configuration"
    }
}

/// A URL that keys may be fetched from. An attacker who can change the answer could sign tokens, so plain http is for this
/// machine only.
struct ProviderAddress: Equatable {
    let text: String
    /// Whether the URL has neither query nor fragment.
    let hasPathAlone: Bool

    init?(_ text: String) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, text.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 })
        else { return nil }
        guard parts.scheme == "https" || (parts.scheme == "http" && LoopbackHost.contains(host)) else { return nil }
        self.text = text
        hasPathAlone = parts.query == nil && parts.fragment == nil
    }
}
