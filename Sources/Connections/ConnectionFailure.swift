import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why an HTTP client has no answer, in words for people: without the names of types, and without paths of the build, which the
/// errors of the TLS library have.
public struct ConnectionFailure: Sendable, Equatable {
    /// The kinds for which there is something to do.
    public enum Kind: Sendable, Equatable {
        /// The host is not known, or nothing listens at the port.
        case nobody
        /// The certificate is not one to trust.
        case distrust
        /// The server speaks plain HTTP where TLS was expected.
        case noTLS
        /// Anything else.
        case other
    }

    /// What it is.
    public let kind: Kind
    /// A clause such as `connection refused`.
    public let reason: String

    /// Reads an error of AsyncHTTPClient, NIO or NIOSSL.
    public init(_ error: any Error) {
        (kind, reason) =
            switch error {
            case let error as NIOConnectionError:
                error.connectionErrors.first.map { (.nobody, Self($0.error).reason) } ?? (
                    .nobody, "the host is not known"
                )
            case let error as IOError: (error.isAbsence ? .nobody : .other, error.words)
            case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
                (.nobody, "no answer in time")
            case let error as HTTPClientError where error == .remoteConnectionClosed:
                (.other, "the connection was cut")
            case let error as HTTPClientError: (.other, error.shortDescription)
            case is NIOTooManyBytesError: (.other, "the answer is too large")
            case is HTTPParserError: (.other, "the answer is no HTTP")
            case let error as NIOSSLExtraError
            where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
                (.distrust, "its certificate is for another host name")
            case NIOSSLError.handshakeFailed(let error): Self.handshake("\(error)")
            case is NIOSSLError, is NIOSSLExtraError: (.other, "the TLS connection failed")
            default: (.other, "\(error)")
            }
    }

    /// BoringSSL writes `error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …/handshake.cc:393`.
    private static func handshake(_ text: String) -> (Kind, String) {
        let names = text.matches(of: /OPENSSL_internal:([A-Z0-9_ ]+?)(?: at |\]|\)|$)/).map { String($0.1) }
        guard let name = names.first else { return (.other, "the TLS connection was cut during its handshake") }
        switch name {
        case "CERTIFICATE_VERIFY_FAILED":
            return (.distrust, "the authority of its certificate is not known here, or the certificate has expired")
        case "WRONG_VERSION_NUMBER", "HTTP_REQUEST": return (.noTLS, "it speaks no TLS")
        default: return (.other, "TLS: \(name.lowercased().replacing("_", with: " "))")
        }
    }
}

extension IOError {
    fileprivate var isAbsence: Bool {
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ENOENT].contains(errnoCode)
    }

    fileprivate var words: String { unsafe String(cString: strerror(errnoCode)) }
}
