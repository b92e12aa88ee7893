import ArgumentParser
import AsyncHTTPClient
import Connections
import Foundation
import Jobs
import NIOHTTP1

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
        let failure = ConnectionFailure(error)
        switch failure.kind {
        case .distrust:
            return ServerError(
                .refused,
                "the certificate of \(address) is not one to trust; name its authority with --ca-file or $TFJOB_ADMIN_CA_FILE, or write the host as its certificate has it (\(failure.reason))"
            )
        case .noTLS:
            return ServerError(.refused, "\(address) speaks no TLS: write http:// in place of https://")
        case .nobody, .other: break
        }
        if let proxy {
            return ServerError(
                .notReachable,
                "no service answers at \(address) through the proxy \(proxy.host):\(proxy.port) (\(failure.reason)): add the service's host to $no_proxy if it needs no proxy"
            )
        }
        return ServerError(
            .notReachable,
            "no service answers at \(address) (\(failure.reason)): start it with tfjob-admin serve, or name another with --server or $TFJOB_ADMIN_SERVER"
        )
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
