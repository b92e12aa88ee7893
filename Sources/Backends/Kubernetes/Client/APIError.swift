import AsyncHTTPClient
import Connections
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why the API server did not answer a request.
package enum APIError: Error, Sendable, Equatable {
    /// The server refused the request.
    case status(APIStatus)
    /// The server can't be reached, its certificate isn't trusted, or the connection was cut. A retry may help.
    case unreachable(String)
    /// The kubeconfig, a token or a plugin gives no access.
    case noAccess(String)
    /// The answer can't be decoded.
    case unreadable(String)
    /// The caller's task was cancelled.
    case cancelled

    package var isNotFound: Bool {
        if case .status(let status) = self { status.code == 404 } else { false }
    }

    /// Whether a list or watch can't continue, see ``APIStatus/isExpired``.
    package var isExpired: Bool {
        if case .status(let status) = self { status.isExpired } else { false }
    }
}

extension APIError: CustomStringConvertible {
    /// A message for people.
    package var description: String {
        switch self {
        case .status(let status): status.explanation
        case .unreachable(let text), .noAccess(let text), .unreadable(let text): text
        case .cancelled: "the request was cancelled"
        }
    }
}

extension APIError {
    /// Describes a fault of the connection.
    init(transport error: any Error, _ access: Access) {
        if error is CancellationError || (error as? HTTPClientError) == .cancelled {
            self = .cancelled
            return
        }
        let text = "\(error)"
        let failure = ConnectionFailure(error)
        let reason =
            switch error {
            case _ where failure.kind == .distrust:
                "its certificate is not signed by the configured authority, or is for another name; check certificate-authority and tls-server-name (\(failure.reason))"
            case _ where failure.kind == .noTLS: "it speaks no TLS; write http:// in the kubeconfig"
            case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
                "it does not answer in time"
            case let error as HTTPClientError where error == .remoteConnectionClosed:
                "it cut the connection"
            case is HTTPParserError where text.contains("invalidEOFState"):
                "it cut the connection"
            case let error as HTTPClientError where error == .proxyAuthenticationRequired:
                "the proxy \(access.proxy?.origin ?? "") wants a password; write http://USER:PASSWORD@HOST:PORT as proxy-url"
            case let error as HTTPClientError where error == .invalidProxyResponse:
                "the proxy \(access.proxy?.origin ?? "") does not let us through; check the password in proxy-url and the targets that the proxy allows"
            case let error as IOError where error.errnoCode == ECONNREFUSED:
                "nothing answers \(access.proxy.map { "at the proxy \($0.origin)" } ?? "there") (connection refused)"
            case is NIOConnectionError:
                "nothing answers \(access.proxy.map { "at the proxy \($0.origin)" } ?? "there") (\(failure.reason))"
            default: failure.reason
            }
        self = .unreachable("\(access.origin) can't be reached: \(reason)")
    }
}

/// The API server's answer to a request that it refuses.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>.
package struct APIStatus: Decodable, Sendable, Equatable, Error {
    package struct Cause: Decodable, Sendable, Equatable {
        var reason: String?
        var message: String?
        var field: String?
    }

    package struct Details: Decodable, Sendable, Equatable {
        /// The plural name of the object's kind, for example `resourcequotas`.
        var kind: String?
        var name: String?
        var causes: [Cause]?
        var retryAfterSeconds: Int?
    }

    /// The HTTP status code; 0 if the body has none.
    package var code: Int
    /// One word, for example `NotFound`. Nil if something in front of the API server answered.
    var reason: String?
    package var message: String?
    var details: Details?

    private enum Key: String, CodingKey {
        case code, reason, message, details
    }

    package init(code: Int) {
        self.code = code
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        code = try container.decodeIfPresent(Int.self, forKey: .code) ?? 0
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        message = try container.decodeIfPresent(String.self, forKey: .message)
        details = try container.decodeIfPresent(Details.self, forKey: .details)
    }

    /// Whether the server no longer keeps the version from which a list or watch wants to continue.
    var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }
}

extension APIStatus: CustomStringConvertible {
    /// The server's own message, or the status code if it has none.
    package var description: String {
        message.flatMap { $0.isEmpty ? nil : $0 } ?? "the API server answers \(code)\(reason.map { " (\($0))" } ?? "")"
    }
}
