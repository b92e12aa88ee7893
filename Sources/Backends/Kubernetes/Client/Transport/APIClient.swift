import AsyncHTTPClient
import Foundation
import Jobs
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Asks one API server: at most so often a second, again where that may help, and always with access that is fresh.
struct APIClient: Sendable {
    /// The largest answer that is taken whole: pages of 500 objects stay far below.
    private static let largest = 256 << 20

    let store: AccessStore
    private let rate: RateLimit
    private let policy: RetryPolicy

    init(_ source: AccessSource, requestsPerSecond: Double, policy: RetryPolicy = RetryPolicy(), logger: Logger) {
        store = AccessStore(source, logger: logger)
        rate = RateLimit(rate: requestsPerSecond)
        self.policy = policy
    }

    /// Sends a request until it is answered for good, and reads the answer.
    func send<Value: Decodable & Sendable>(
        _ request: APIRequest,
        as type: Value.Type
    ) async throws(APIError) -> Value {
        let data = try await data(request)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .unreadable("the answer to \(request.method.rawValue) \(request.path) can't be read: \(error)")
        }
    }

    /// Sends a request until it is answered for good.
    @discardableResult
    func data(_ request: APIRequest) async throws(APIError) -> Data {
        try await repeated { () async throws(APIError) -> Data in
            let (response, session) = try await self.answer(request)
            do {
                let body = try await response.body.collect(upTo: Self.largest)
                return Data(buffer: body)
            } catch {
                throw APIError(transport: error, session.access)
            }
        }
    }

    /// Sends a request and returns the answer's body while it comes.
    ///
    /// The body's errors are those of the connection; ``APIError/init(transport:_:)`` puts them into words.
    func stream(_ request: APIRequest) async throws(APIError) -> (body: HTTPClientResponse.Body, access: Access) {
        try await repeated { () async throws(APIError) -> (HTTPClientResponse.Body, Access) in
            let (response, session) = try await self.answer(request)
            return (response.body, session.access)
        }
    }

    private func repeated<Value: Sendable>(
        _ body: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        var attempt = 0
        while true {
            attempt += 1
            do {
                try await rate.wait()
            } catch {
                throw .cancelled
            }
            do throws(APIError) {
                return try await body()
            } catch {
                if case .unreachable = error {
                    await store.doubt()
                }
                let asked: Int? = if case .status(let status) = error { status.details?.retryAfterSeconds } else { nil }
                guard !Task.isCancelled,
                    let pause = policy.pause(
                        after: attempt,
                        error,
                        retryAfter: asked,
                        jitter: Double.random(in: 0...1)
                    ),
                    (try? await Task.sleep(for: pause)) != nil
                else { throw Task.isCancelled ? .cancelled : error }
            }
        }
    }

    /// One try; two where the credentials were refused, the second with new ones.
    private func answer(_ request: APIRequest) async throws(APIError) -> (HTTPClientResponse, APISession) {
        var session = try await store.current()
        var response = try await session.connection.execute(request, token: session.token)
        if response.status == .unauthorized {
            session = try await store.current(afterRefusalOf: session)
            response = try await session.connection.execute(request, token: session.token)
        }
        guard (200..<300).contains(response.status.code) else {
            throw .status(await status(of: response))
        }
        return (response, session.connection)
    }

    private func status(of response: HTTPClientResponse) async -> APIStatus {
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
