import ArgumentParser
import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A failed request to a service. The description says what to do.
struct ServerError: Error, CustomStringConvertible {
    /// The kind of a failure, for callers that handle it.
    enum Kind: Equatable {
        /// The options are wrong.
        case usage
        /// No service answers.
        case notReachable
        /// The service can't answer at the moment.
        case unavailable
        /// The requested object does not exist.
        case notFound
        /// The service gave another answer than expected.
        case refused
    }

    let kind: Kind
    let description: String

    /// Whether a retry may succeed soon.
    var isPassing: Bool { kind == .notReachable || kind == .unavailable }

    /// The exit code of the verb.
    var exitCode: ExitCode { kind == .usage ? .validationFailure : .failure }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        // The description may contain text from a service.
        self.description = PlainText.line(description)
    }
}

extension ServerClient {
    /// Describes why there is no answer.
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

    /// Describes an answer other than the expected one.
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

extension ServerError {
    /// Runs a verb. Prints an error to standard error and exits with its exit code.
    static func reportingErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ServerError {
            StandardError.writeMessage("\(error)")
            throw error.exitCode
        }
    }
}
