import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// A client of a service's REST view.
struct ServerClient: Sendable {
    let address: ServerAddress
    /// The bearer token. Nil: the client sends none.
    let token: String?
    /// The trusted certificate authorities. Nil: those of the system.
    let trust: TLSConfiguration?
    /// The proxy. Nil: the client connects directly.
    let proxy: HTTPClient.Configuration.Proxy?

    /// The maximum size of an answer in bytes: 256 MiB. A page of jobs with a thousand replicas each has about 100 MiB.
    private static let largestAnswer = 256 << 20

    /// The maximum time until an answer begins, if the caller sets no other.
    static let standardDeadline = Duration.seconds(30)

    /// Gets a JSON document.
    ///
    /// - Parameters:
    ///   - type: the type of the document.
    ///   - path: the escaped path from the service's root, with the query.
    ///   - deadline: the maximum time until the answer begins.
    func get<Document: Decodable>(
        _ type: Document.Type,
        _ path: String,
        deadline: Duration = ServerClient.standardDeadline
    ) async throws(ServerError) -> Document {
        try decode(type, try await get(path, deadline: deadline), path)
    }

    /// Decodes a JSON document.
    func decode<Document: Decodable>(_ type: Document.Type, _ data: Data, _ path: String) throws(ServerError)
        -> Document
    {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw notUnderstood(path)
        }
    }

    func notUnderstood(_ path: String) -> ServerError {
        ServerError(.refused, "\(address)\(path) answers with something else than expected: is it a tfjob-admin?")
    }

    /// Gets the bytes of a document.
    func get(_ path: String, deadline: Duration = ServerClient.standardDeadline) async throws(ServerError) -> Data {
        guard case .new(let data, _) = try await get(path, unless: nil, deadline: deadline) else {
            throw notUnderstood(path)
        }
        return data
    }

    /// The answer to a conditional request.
    enum Fresh {
        case same
        case new(Data, tag: String?)
    }

    /// Gets a document if it has changed.
    ///
    /// - Parameters:
    ///   - path: the escaped path from the service's root, with the query.
    ///   - tag: the entity tag of the known document. Nil: none is known.
    ///   - deadline: the maximum time until the answer begins.
    func get(_ path: String, unless tag: String?, deadline: Duration = ServerClient.standardDeadline)
        async throws(ServerError) -> Fresh
    {
        var request = request(path)
        if let tag {
            request.headers.add(name: "if-none-match", value: tag)
        }
        let response = try await send(request, with: .asking, within: deadline)
        if response.status == .notModified, tag != nil { return .same }
        let body: Data
        do {
            body = Data(buffer: try await response.body.collect(upTo: Self.largestAnswer))
        } catch {
            throw absence(error)
        }
        guard response.status == .ok else { throw refusal(response, body, path) }
        return .new(body, tag: response.headers.first(name: "etag"))
    }

    func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.base + path)
        request.tlsConfiguration = trust
        request.headers.add(name: "user-agent", value: "tfjob-admin")
        if let host = address.socketHost {
            request.headers.add(name: "host", value: host)
        }
        if let token {
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        return request
    }

    /// Sends a request.
    ///
    /// - Parameter deadline: the maximum time until the answer begins.
    func send(
        _ request: HTTPClientRequest,
        with purpose: HTTPClient.Purpose,
        within deadline: Duration
    ) async throws(ServerError) -> HTTPClientResponse {
        do {
            return try await HTTPClient.commandLine(purpose, through: proxy)
                .execute(request, timeout: TimeAmount(deadline))
        } catch {
            throw absence(error)
        }
    }
}

extension ServerClient {
    /// Creates a TLS configuration that trusts an authority in addition to those of the system.
    ///
    /// - Parameter file: the path of the authority's certificate in PEM format.
    static func trustAuthority(_ file: String) throws(ServerError) -> TLSConfiguration {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw ServerError(.usage, "the file \(file) holds no certificate of an authority, as PEM")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.additionalTrustRoots = [.certificates(certificates)]
        return configuration
    }
}
