import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

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
            guard let metadata = try? StrictJSON(try await fetchDocument(at: address, with: client)) else {
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
        let response = try await client.execute(request, timeout: TimeAmount(Self.deadline))
        guard response.status == .ok else { throw ProviderFault("\(address) answers \(response.status.code)") }
        return Array(buffer: try await response.body.collect(upTo: Self.largest))
    }
}
