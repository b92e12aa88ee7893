import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// A request and its answer.
///
/// Foundation's URLSession ends the process where a task is cancelled at the wrong moment, as a test with a time limit is.
package enum HTTPExchange {
    /// An answer.
    package struct Answer: Sendable {
        package let status: Int
        /// Names in lower case.
        package let headers: [String: String]
        package let body: Data

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as JSON.
        package var json: JSON {
            get throws { try JSON(body) }
        }
    }

    /// Sends a request.
    ///
    /// - Parameter seconds: how long the answer may take.
    package static func send(
        _ method: String,
        _ url: URL,
        headers: [String: String] = [:],
        body: Data? = nil,
        within seconds: Int64 = 10
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers {
            request.headers.add(name: name, value: value)
        }
        request.body = body.map { .bytes(ByteBuffer(data: $0)) }
        let deadline = NIODeadline.now() + .seconds(seconds)
        let response: HTTPClientResponse
        do {
            response = try await HTTPClient.shared.execute(request, deadline: deadline)
        } catch let error as HTTPClientError where error == .remoteConnectionClosed && method == "GET" {
            // The server has closed an idle connection.
            response = try await HTTPClient.shared.execute(request, deadline: deadline)
        }
        let bytes = try await response.body.collect(upTo: 1 << 28)
        let fields = response.headers.map { ($0.name.lowercased(), $0.value) }
        return Answer(
            status: Int(response.status.code),
            headers: Dictionary(fields) { "\($0), \($1)" },
            body: Data(buffer: bytes)
        )
    }
}
