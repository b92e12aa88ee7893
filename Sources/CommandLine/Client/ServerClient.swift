import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// Asks a service's REST view.
struct ServerClient: Sendable {
    let address: ServerAddress
    /// A bearer token; nil asks without one.
    let token: String?
    /// Whom to believe that a service is who it says; nil: whom the system believes.
    let trust: TLSConfiguration?
    /// What leads to it; nil: nothing is in between.
    let proxy: HTTPClient.Configuration.Proxy?

    /// The largest answer that is read, in bytes: 256 MiB. A page of jobs with a thousand replicas each has some 100.
    private static let largestAnswer = 256 << 20

    /// Reads a JSON document.
    ///
    /// - Parameters:
    ///   - type: what it holds.
    ///   - path: from the service's root, escaped, with the query.
    ///   - deadline: how long to wait for the answer.
    func get<Document: Decodable>(
        _ type: Document.Type,
        _ path: String,
        deadline: Duration = .seconds(30)
    ) async throws(ServerError) -> Document {
        try decode(type, try await get(path, deadline: deadline), path)
    }

    /// Takes a document out of its bytes.
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

    /// Reads a document as it is.
    func get(_ path: String, deadline: Duration = .seconds(30)) async throws(ServerError) -> Data {
        guard case .new(let data, _) = try await get(path, unless: nil, deadline: deadline) else {
            throw notUnderstood(path)
        }
        return data
    }

    /// A document, or that it is the same still.
    enum Fresh {
        case same
        case new(Data, tag: String?)
    }

    /// Reads a document where it is another one than before.
    ///
    /// - Parameters:
    ///   - path: from the service's root, escaped, with the query.
    ///   - tag: that of the document that is known; nil where none is.
    ///   - deadline: how long to wait for the answer.
    func get(_ path: String, unless tag: String?, deadline: Duration = .seconds(30)) async throws(ServerError) -> Fresh
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

    /// - Parameter deadline: how long to wait until the answer begins.
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
    /// Trusts an authority beside those of the system.
    ///
    /// - Parameter file: its certificate, as PEM.
    static func trust(_ file: String) throws(ServerError) -> TLSConfiguration {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw ServerError(.usage, "the file \(file) holds no certificate of an authority, as PEM")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.additionalTrustRoots = [.certificates(certificates)]
        return configuration
    }
}
