import Foundation

/// The identifier of a provider, which is also the address of its documents.
public struct Issuer: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is no issuer: a sentence that says what to write.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// As it was written: a token's `iss` is compared with it character by character.
    public let description: String

    /// Reads a URL: `https`, or `http` to this machine alone, without user, query or fragment,
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

    /// Where its metadata is.
    var configurationAddress: String {
        (description.hasSuffix("/") ? String(description.dropLast()) : description)
            + "/.well-known/openid-configuration"
    }
}

/// A URL that may be asked for keys: whoever could change its answer on the way could sign tokens.
struct ProviderAddress: Equatable {
    let text: String
    /// Whether there is neither query nor fragment.
    let hasPathAlone: Bool

    init?(_ text: String) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, text.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 })
        else { return nil }
        guard parts.scheme == "https" || (parts.scheme == "http" && Self.isLoopback(host)) else { return nil }
        self.text = text
        hasPathAlone = parts.query == nil && parts.fragment == nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return name == "localhost" || InternetAddress(name)?.isLoopback == true
    }
}
