import ArgumentParser
import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why a service's answer can't be had: a sentence that says what to do.
struct ServerError: Error, CustomStringConvertible {
    /// What kind of failure it is, for those who do something about it.
    enum Kind: Equatable {
        /// Wrong options.
        case usage
        /// Nobody answers.
        case notReachable
        /// It answers that it can't just now.
        case unavailable
        /// What is asked for is not there.
        case notFound
        /// It answered, and not with what was asked for.
        case refused
    }

    let kind: Kind
    let description: String

    /// Whether the same question may well have an answer soon.
    var isPassing: Bool { kind == .notReachable || kind == .unavailable }

    /// What a verb ends with.
    var exitCode: ExitCode { kind == .usage ? .validationFailure : .failure }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        // Much of it is what a service said.
        self.description = PlainText.line(description)
    }
}

extension ServerClient {
    /// Why there is no answer.
    func absence(_ error: any Error) -> ServerError {
        if Self.isDistrust(error) {
            return ServerError(
                .refused,
                "the certificate of \(address) is not one to trust; name its authority with --ca-file or $TFJOB_ADMIN_CA_FILE, or write the host as its certificate has it (\(Self.reason(error)))"
            )
        }
        if let proxy {
            return ServerError(
                .notReachable,
                "no service answers at \(address) through the proxy \(proxy.host):\(proxy.port) (\(Self.reason(error))): add the service's host to $no_proxy if it needs no proxy"
            )
        }
        return ServerError(
            .notReachable,
            "no service answers at \(address) (\(Self.reason(error))): start it with tfjob-admin serve, or name another with --server or $TFJOB_ADMIN_SERVER"
        )
    }

    private static func isDistrust(_ error: any Error) -> Bool {
        if let error = error as? NIOSSLExtraError {
            return error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
        }
        guard case .handshakeFailed(.sslError(let stack)) = error as? NIOSSLError else { return false }
        return stack.contains { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: "\(error.shortDescription)"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) } ?? "the host is not known"
        case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
        case is NIOTooManyBytesError: "its answer is too large"
        case NIOSSLError.handshakeFailed(let error): "\(error)"
        default: "\(error)"
        }
    }

    /// What an answer means that is not the one asked for.
    func refusal(_ response: HTTPClientResponse, _ body: Data, _ path: String) -> ServerError {
        struct Problem: Decodable {
            let detail: String?
            let title: String?
        }
        let status = Int(response.status.code)
        let problem = try? JSONDecoder().decode(Problem.self, from: body)
        let said = problem.flatMap { $0.detail ?? $0.title } ?? "HTTP status \(status)"
        return switch status {
        case 401 where token == nil:
            ServerError(
                .refused,
                "\(address) wants a token; give one with --token-file or $TFJOB_ADMIN_TOKEN (\(said))"
            )
        case 401:
            ServerError(
                .refused,
                "\(address) does not accept the token; get a new one for --token-file or $TFJOB_ADMIN_TOKEN (\(said))"
            )
        case 403: ServerError(.refused, "\(address) does not let you see this: \(said)")
        case 404 where problem == nil:
            ServerError(.refused, "\(address) has no \(path): is it a tfjob-admin, and a version that has this?")
        case 404: ServerError(.notFound, said)
        case 300..<400:
            ServerError(
                .refused,
                "\(address) points to another place; name that with --server: \(response.headers.first(name: "location") ?? "it does not say which")"
            )
        case 429, 500...: ServerError(.unavailable, "\(address)\(path): \(said)")
        default: ServerError(.refused, "\(address)\(path): \(said)")
        }
    }
}
