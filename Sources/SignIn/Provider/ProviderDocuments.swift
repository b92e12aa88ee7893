import AsyncHTTPClient
import Connections
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
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

/// The error for a provider that misbehaves: a sentence for the log.
struct ProviderFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Fetches a provider's metadata, and the keys at the URL that the metadata names.
struct ProviderDocuments: Sendable {
    /// The time limit for each of the two documents, head and body.
    static let deadline = Duration.seconds(5)
    /// The size limit of a document, in bytes.
    static let largest = 1 << 20

    let provider: IdentityProvider

    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>
    func fetchKeys() async throws -> KeySet {
        // The fetches are minutes apart: a new client each time reads the certificate file again.
        try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let address = provider.issuer.configurationAddress
            let document = try await fetchDocument(at: address, with: client)
            guard let metadata = try? StrictJSON(document) else {
                throw ProviderFault("its metadata is no JSON")
            }
            guard metadata["issuer"]?.text?.isExactly(provider.issuer.description) == true else {
                let issuer = metadata["issuer"]?.text ?? "none"
                let shown = issuer.unicodeScalars.prefix(200).map { $0.escaped(asASCII: true) }.joined()
                throw ProviderFault("its metadata is that of another issuer, \(shown)")
            }
            guard let address = metadata["jwks_uri"]?.text.flatMap({ ProviderAddress($0) }) else {
                throw ProviderFault("its jwks_uri is no https URL")
            }
            return try await KeySet(try await fetchDocument(at: address.text, with: client))
        }
    }

    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        // A redirect could lead from https to http, or to an address that only this machine can reach.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = TimeAmount(Self.deadline)
        // Callers wait for the first keys: fail at once. The schedule tries again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let file = provider.certificateFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.file(file)]
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    private func fetchDocument(at address: String, with client: HTTPClient) async throws -> [UInt8] {
        // The client's own timeout ends with the head; a body could arrive byte by byte forever.
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await fetch(address, with: client) }
            group.addTask {
                try await Task.sleep(for: Self.deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let document = try await group.next() ?? nil else {
                throw ProviderFault("\(address) does not answer within \(Self.deadline)")
            }
            return document
        }
    }

    private func fetch(_ address: String, with client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: address)
        request.headers.add(name: "Accept", value: "application/json")
        do {
            let response = try await client.execute(request, timeout: TimeAmount(Self.deadline))
            guard response.status == .ok else { throw ProviderFault("\(address) answers \(response.status.code)") }
            return Array(buffer: try await response.body.collect(upTo: Self.largest))
        } catch let fault as ProviderFault {
            throw fault
        } catch {
            let failure = ConnectionFailure(error)
            let advice = failure.kind == .distrust ? "; name its authority as auth.oidc.caFile" : ""
            throw ProviderFault("\(address) can't be asked: \(failure.reason)\(advice)")
        }
    }
}
