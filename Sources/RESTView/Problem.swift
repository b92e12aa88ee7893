import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// An error as a client gets it: `application/problem+json`, RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>.
struct Problem: Error, Encodable {
    let type = "about:blank"
    let title: String
    let status: Int
    /// What to do about it.
    let detail: String
    private(set) var instance = ""
    private let allow: String?

    private enum CodingKeys: CodingKey {
        case type, title, status, detail, instance
    }

    private init(_ status: HTTPResponse.Status, _ detail: String, allow: String? = nil) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
        self.allow = allow
    }

    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    static func readOnly(_ detail: String) -> Problem { Problem(.methodNotAllowed, detail, allow: "GET, HEAD") }

    static func other(_ status: HTTPResponse.Status, _ detail: String) -> Problem { Problem(status, detail) }

    /// The answer to a request for a path.
    func response(path: String) throws -> Response {
        var problem = self
        problem.instance = path
        var response = try Response(json: problem, type: "application/problem+json", status: .init(code: status))
        if let allow {
            response.headers[.allow] = allow
        }
        return response
    }
}

/// Turns every error into a problem; one that nobody expected is logged and told without its text.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return try problem.response(path: request.uri.path)
        } catch let error as HTTPError {
            let detail =
                error.status == .notFound ? "there is nothing at this path" : error.body ?? error.status.reasonPhrase
            return try Problem.other(error.status, detail).response(path: request.uri.path)
        } catch {
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return try Problem.other(.internalServerError, "the service could not answer; its log says why")
                .response(path: request.uri.path)
        }
    }
}
