import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches what a provider publishes: its metadata, and the keys that these name.
struct ProviderDocuments: Sendable {
    /// For each of the two documents, head and body: whoever waits for the first keys waits no longer than both.
    static let deadline = Duration.seconds(5)
    static let largest = 1 << 20

    let provider: IdentityProvider

    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>
    func keys() async throws -> KeySet {
        // A client for these two requests alone: they are minutes apart, and the certificates are read anew.
        try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let address = provider.issuer.configurationAddress
            guard let metadata = try? StrictJSON(try await document(at: address, with: client)) else {
                throw ProviderFault("its metadata is no JSON")
            }
            guard metadata["issuer"]?.text?.isExactly(provider.issuer.description) == true else {
                throw ProviderFault(
                    "its metadata is that of another issuer, \(metadata["issuer"]?.text?.quoted ?? "none")"
                )
            }
            guard let address = metadata["jwks_uri"]?.text.flatMap({ ProviderAddress($0) }) else {
                throw ProviderFault("its jwks_uri is no https URL")
            }
            return try KeySet(try await document(at: address.text, with: client))
        }
    }

    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        // A redirect could lead from https to http, or to where only this machine can reach.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = TimeAmount(Self.deadline)
        // Who waits for a key is told at once that there is none; the schedule tries again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let file = provider.certificateFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.file(file)]
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    private func document(at address: String, with client: HTTPClient) async throws -> [UInt8] {
        // The client's own deadline ends with the head; a body could come byte by byte for ever.
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
