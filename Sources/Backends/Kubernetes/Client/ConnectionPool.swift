import AsyncHTTPClient
import Jobs
import NIOCore
import NIOHTTP1
import NIOSSL

/// The connections to one API server under one identity.
final class ConnectionPool: Sendable {
    let access: Access
    fileprivate let client: HTTPClient

    /// - Throws: ``APIError/noAccess(_:)`` if a certificate or key can't be used.
    init(_ access: Access) throws(APIError) {
        self.access = access
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try Self.tlsConfiguration(access)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // `APIClient` counts and reports each attempt.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Each watch and each followed log has its own connection.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.proxy = access.proxy?.configuration
        if let name = access.serverName {
            // TLS checks the name; the connection goes to the address.
            configuration.dnsOverride = [name: access.server.host]
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // The client lives on until its connections are closed.
        client.shutdown { _ in }
    }

    private static func tlsConfiguration(_ access: Access) throws(APIError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if access.skipsVerification {
            tls.certificateVerification = .none
        }
        do {
            if let authority = access.certificateAuthority {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
            }
        } catch {
            throw .noAccess("the certificate authority of \(access.origin) is no PEM certificate: \(error)")
        }
        do {
            if let identity = access.identity {
                tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate)
                    .map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
            }
        } catch {
            throw .noAccess("the client certificate of \(access.origin) can't be used: \(error)")
        }
        return tls
    }

    /// Sends a request and returns when the head of the answer has arrived.
    func execute(_ request: APIRequest, token: String?) async throws(APIError) -> HTTPClientResponse {
        var message = HTTPClientRequest(url: access.address + request.target)
        message.method = .init(rawValue: request.method.rawValue)
        message.headers.add(name: "Host", value: access.host)
        message.headers.add(name: "Accept", value: "application/json")
        message.headers.add(name: "User-Agent", value: "tfjob-admin")
        if let token {
            message.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        do {
            if let body = request.body {
                message.headers.add(name: "Content-Type", value: request.contentType ?? "application/json")
                message.body = .bytes(ByteBuffer(string: try body.text()))
            }
            return try await executeMessage(message, timeout: request.timeout, patience: request.patience)
        } catch {
            throw APIError(transport: error, access)
        }
    }
}

extension ConnectionPool {
    /// - Parameters:
    ///   - timeout: the deadline for the complete answer; for a watch that is long.
    ///   - patience: the deadline for the head of the answer. A server that accepts a connection and never answers is found by it.
    fileprivate func executeMessage(
        _ message: HTTPClientRequest,
        timeout: Duration,
        patience: Duration
    ) async throws -> HTTPClientResponse {
        let deadline = NIODeadline.now() + TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1)))
        guard patience < timeout else { return try await client.execute(message, deadline: deadline) }
        return try await withThrowingTaskGroup(of: HTTPClientResponse.self) { group in
            group.addTask { [client] in try await client.execute(message, deadline: deadline) }
            group.addTask {
                try await Task.sleep(for: patience)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw HTTPClientError.cancelled }
            return response
        }
    }
}

/// The body of an answer while it arrives.
package struct ResponseStream {
    private var body: HTTPClientResponse.Body.AsyncIterator
    private let access: Access

    init(_ body: HTTPClientResponse.Body, _ access: Access) {
        self.body = body.makeAsyncIterator()
        self.access = access
    }

    /// Returns the next chunk, or nil at the end.
    package mutating func nextChunk(
        isolation: isolated (any Actor)? = #isolation
    ) async throws(APIError) -> [UInt8]? {
        do {
            return try await body.next(isolation: isolation).map { Array($0.readableBytesView) }
        } catch {
            throw APIError(transport: error, access)
        }
    }
}
