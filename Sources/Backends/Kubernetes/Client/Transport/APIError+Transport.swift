import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension APIError {
    /// Puts a fault of the connection into words.
    init(transport error: any Error, _ access: Access) {
        if error is CancellationError || (error as? HTTPClientError) == .cancelled {
            self = .cancelled
            return
        }
        let text = "\(error)"
        let reason =
            switch error {
            case is NIOSSLError where text.contains("CERTIFICATE_VERIFY_FAILED"), is NIOSSLExtraError:
                "its certificate is not signed by the configured authority, or is for another name; check certificate-authority and tls-server-name (\(text))"
            case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
                "it does not answer in time"
            case let error as HTTPClientError where error == .remoteConnectionClosed:
                "it cut the connection"
            case is HTTPParserError where text.contains("invalidEOFState"):
                "it cut the connection"
            case let error as HTTPClientError where error == .proxyAuthenticationRequired:
                "the proxy \(access.proxy?.origin ?? "") wants a password; write http://USER:PASSWORD@HOST:PORT as proxy-url"
            case let error as HTTPClientError where error == .invalidProxyResponse:
                "the proxy \(access.proxy?.origin ?? "") does not let us through; check the password of proxy-url, and to where it hands on"
            case let error as IOError where error.errnoCode == ECONNREFUSED:
                "nothing answers \(access.proxy.map { "at the proxy \($0.origin)" } ?? "there") (connection refused)"
            case is NIOConnectionError:
                "nothing answers \(access.proxy.map { "at the proxy \($0.origin)" } ?? "there") (\(text))"
            default: text
            }
        self = .unreachable("\(access.origin) can't be reached: \(reason)")
    }
}
