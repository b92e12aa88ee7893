import AsyncHTTPClient
import Foundation
package import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Sends requests to one API server: at a limited rate, with retries and with current credentials.
package struct APIClient: Sendable {
    /// The largest answer in bytes; pages of 500 objects stay far below.
    private static let largest = 256 << 20

    private let store: AccessStore
    let rate: RateLimit
    private let policy: RetryPolicy

    /// Creates a client; it connects with the first request.
    package init(
        _ source: AccessSource,
        requestsPerSecond: Double,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) {
        store = AccessStore(source, logger: logger)
        rate = RateLimit(rate: requestsPerSecond)
        self.policy = policy
    }

    /// Sends a request, with retries, and decodes the answer.
    package func send<Value: Decodable & Sendable>(
        _ request: APIRequest,
        as type: Value.Type
    ) async throws(APIError) -> Value {
        let data = try await receiveData(request)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .unreadable("the answer to \(request.method.rawValue) \(request.path) can't be read: \(error)")
        }
    }

    /// Sends a request, with retries, and drops the answer.
    package func send(_ request: APIRequest) async throws(APIError) {
        _ = try await receiveData(request)
    }

    /// Sends a request, with retries, and returns the body of the answer as a stream.
    package func openStream(_ request: APIRequest) async throws(APIError) -> sending ResponseStream {
        let (body, access) = try await retrying(request) {
            () async throws(APIError) -> (HTTPClientResponse.Body, Access) in
            let (response, pool) = try await self.receiveHead(request)
            return (response.body, pool.access)
        }
        return ResponseStream(body, access)
    }

    private func receiveData(_ request: APIRequest) async throws(APIError) -> Data {
        try await retrying(request) { () async throws(APIError) -> Data in
            let (response, pool) = try await self.receiveHead(request)
            do {
                let body = try await response.body.collect(upTo: Self.largest)
                return Data(buffer: body)
            } catch {
                throw APIError(transport: error, pool.access)
            }
        }
    }

    private func retrying<Value: Sendable>(
        _ request: APIRequest,
        _ body: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        let deadline = ContinuousClock.now + request.patience
        var attempt = 0
        while true {
            attempt += 1
            do {
                try await rate.waitForToken(request.lane)
            } catch {
                throw .cancelled
            }
            do throws(APIError) {
                return try await body()
            } catch {
                if case .unreachable = error {
                    await store.invalidateSession()
                }
                let asked = await noteOverload(error)
                guard !Task.isCancelled, request.isRepeated,
                    let pause = policy.pause(
                        after: attempt,
                        error,
                        retryAfter: asked,
                        jitter: Double.random(in: 0...1)
                    ), .now + pause < deadline,
                    (try? await Task.sleep(for: pause)) != nil
                else { throw Task.isCancelled ? .cancelled : error }
            }
        }
    }

    /// Holds back all requests if the server is overloaded.
    ///
    /// - Returns: how many seconds the server asks to wait; nil if it doesn't ask.
    private func noteOverload(_ error: APIError) async -> Int? {
        guard case .status(let status) = error else { return nil }
        let asked = status.details?.retryAfterSeconds
        if status.code == 429 {
            await rate.pause(for: min(.seconds(max(0, asked ?? 1)), policy.longestPause))
        }
        return asked
    }

    /// Sends a request once, and a second time with new credentials if the server rejects the current ones.
    private func receiveHead(_ request: APIRequest) async throws(APIError) -> (HTTPClientResponse, ConnectionPool) {
        var session = try await store.currentSession()
        var response = try await session.pool.execute(request, token: session.token)
        if response.status == .unauthorized {
            session = try await store.currentSession(afterRefusalOf: session)
            response = try await session.pool.execute(request, token: session.token)
        }
        guard (200..<300).contains(response.status.code) else {
            throw .status(await receiveStatus(response))
        }
        return (response, session.pool)
    }

    private func receiveStatus(_ response: HTTPClientResponse) async -> APIStatus {
        let code = Int(response.status.code)
        var status = APIStatus(code: code)
        if let body = try? await response.body.collect(upTo: 1 << 20) {
            status = (try? JSONDecoder().decode(APIStatus.self, from: Data(buffer: body))) ?? status
            status.code = code
        }
        if let seconds = response.headers.first(name: "Retry-After").flatMap({ Int($0) }) {
            var details = status.details ?? APIStatus.Details()
            details.retryAfterSeconds = seconds
            status.details = details
        }
        return status
    }
}

/// One page of a list.
private struct ObjectPage<Object: Decodable & Sendable>: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
        var resourceVersion: String?
        var `continue`: String?
    }

    var metadata: Metadata
    /// Nil if the list is empty: older servers write null.
    var items: [Object]?
}

extension APIClient {
    /// Lists all objects of a kind.
    ///
    /// - Returns: the objects, and the version from which a watch continues.
    package func listObjects<Object: Decodable & Sendable>(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        as type: Object.Type
    ) async throws(APIError) -> (objects: [Object], version: String) {
        var all: [Object] = []
        let version = try await listPages(kind, namespace: namespace, selector: selector, as: type) {
            objects,
            isFirst in
            all = isFirst ? objects : all + objects
        }
        return (all, version)
    }

    /// Lists all objects of a kind page by page.
    ///
    /// If the list expires between two pages, it starts again, because earlier pages may be outdated.
    ///
    /// - Parameter handlePage: gets each page, and whether it is the first one. A list that starts again has another first page.
    /// - Returns: the version from which a watch continues.
    func listPages<Object: Decodable & Sendable>(
        _ kind: ResourceKind,
        namespace: String?,
        selector: String?,
        as type: Object.Type,
        limit: Int = 500,
        _ handlePage: (_ objects: [Object], _ isFirst: Bool) async -> Void
    ) async throws(APIError) -> String {
        var token: String?
        var restarts = 0
        while true {
            let request = APIRequest.list(
                kind,
                namespace: namespace,
                selector: selector,
                limit: limit,
                continue: token
            )
            do throws(APIError) {
                let page = try await send(request, as: ObjectPage<Object>.self)
                await handlePage(page.items ?? [], token == nil)
                token = page.metadata.continue
                guard let token, !token.isEmpty else {
                    return page.metadata.resourceVersion ?? ""
                }
            } catch {
                guard error.isExpired, token != nil, restarts < 5 else { throw error }
                restarts += 1
                token = nil
            }
        }
    }
}
