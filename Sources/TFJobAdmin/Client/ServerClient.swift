import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix

/// Asks a service's REST view.
struct ServerClient: Sendable {
    let address: ServerAddress
    /// A bearer token; nil asks without one.
    let token: String?

    /// The largest answer that is read, in bytes: 64 MiB.
    private static let largestAnswer = 64 << 20

    /// Reads a JSON document.
    ///
    /// - Parameters:
    ///   - type: what it holds.
    ///   - path: from the service's root, escaped, with the query.
    ///   - deadline: how long to wait for the whole answer.
    func get<Document: Decodable>(
        _ type: Document.Type,
        _ path: String,
        deadline: Duration = .seconds(30)
    ) async throws(ServerError) -> Document {
        let data = try await get(path, deadline: deadline)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw ServerError(
                .refused,
                "\(address)\(path) answers with something else than expected: is it a tfjob-admin?"
            )
        }
    }

    /// Reads a document as it is.
    func get(_ path: String, deadline: Duration = .seconds(30)) async throws(ServerError) -> Data {
        let (status, body) = try await answer(request(path), deadline: deadline)
        guard status != 200 else { return body }
        throw failure(status, body, path)
    }

    private func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.base + path)
        request.headers.add(name: "user-agent", value: "tfjob-admin")
        if let token {
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        return request
    }

    private func answer(_ request: HTTPClientRequest, deadline: Duration) async throws(ServerError) -> (Int, Data) {
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: TimeAmount(deadline))
            let body = try await response.body.collect(upTo: Self.largestAnswer)
            return (Int(response.status.code), Data(buffer: body))
        } catch {
            throw ServerError(
                .notReachable,
                "no service answers at \(address) (\(Self.reason(error))): start it with tfjob-admin serve, or name another"
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: "\(error.shortDescription)"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) } ?? "the host is not known"
        case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }

    private func failure(_ status: Int, _ body: Data, _ path: String) -> ServerError {
        struct Problem: Decodable {
            let detail: String?
            let title: String?
        }
        let problem = try? JSONDecoder().decode(Problem.self, from: body)
        let said = problem.flatMap { $0.detail ?? $0.title } ?? "HTTP status \(status)"
        return switch status {
        case 401:
            ServerError(
                .refused,
                "\(address) wants a token; give one with --token-file or $TFJOB_ADMIN_TOKEN (\(said))"
            )
        case 403: ServerError(.refused, "\(address) does not let you see this: \(said)")
        case 404: ServerError(.notFound, said)
        default: ServerError(.refused, "\(address)\(path): \(said)")
        }
    }
}
