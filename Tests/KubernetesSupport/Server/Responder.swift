import Foundation
import Hummingbird
import NIOCore

/// Answers the requests of the API.
struct KubernetesResponder: HTTPResponder {
    let state: ClusterState
    let kubelet: Kubelet
    let accounts: Accounts
    let faults: Faults
    let log: RequestLog
    let resources: [String: Resource]
    let settings: ClusterSettings

    func respond(to request: Request, context: KubernetesRequestContext) async throws -> Response {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
        let isStream = query["watch"] == "true" || query["watch"] == "1" || query["follow"] == "true"
        let fault = faults.next(method: request.method.rawValue, path: request.uri.path, isStream: isStream)
        if fault == .silence {
            // The end of the silence is what is waited for; a client that gives up ends the task.
            while faults.isSilent { try await Task.sleep(for: .milliseconds(50)) }
        }
        if fault == .closed || fault == .silence {
            await context.hangUp()
            throw BodyWasCut()
        }
        let body = try await Self.collect(request)
        var user = ""
        let answer: Answer
        do throws(APIError) {
            user = try accounts.user(
                authorization: request.headers[.authorization],
                certificate: await context.certificate()
            )
            guard let body else { throw APIError(413, "RequestEntityTooLarge", "limit is 3145728") }
            if case .answer(let code, let retryAfter) = fault {
                throw APIError(code, Self.reason(code), "a fault of the test", retryAfter: retryAfter)
            }
            answer = try await self.answer(request, query, body, user)
        } catch {
            answer = Answer(error)
        }
        log.append(
            LoggedRequest(
                method: request.method.rawValue,
                host: request.head.authority ?? "",
                path: request.uri.path,
                query: query,
                user: user,
                contentType: request.headers[.contentType] ?? "",
                userAgent: request.headers[.userAgent] ?? "",
                status: answer.code,
                body: body ?? ""
            )
        )
        if fault == .lostAnswer {
            await context.hangUp()
            throw BodyWasCut()
        }
        if case .body(let spoil) = fault { return answer.response(spoiledBy: spoil) }
        return answer.response(spoiledBy: nil)
    }

    /// The limit of a request's body is 3 MiB.
    ///
    /// - Returns: nil where it is larger.
    private static func collect(_ request: Request) async throws -> String? {
        guard let buffer = try? await request.body.collect(upTo: 3 << 20) else { return nil }
        return String(buffer: buffer)
    }

    private static func reason(_ code: Int) -> String {
        switch code {
        case 429: "TooManyRequests"
        case 500: "InternalError"
        case 503: "ServiceUnavailable"
        case 504: "Timeout"
        case 410: "Expired"
        default: "Unknown"
        }
    }

    private func answer(
        _ request: Request,
        _ query: [String: String],
        _ body: String,
        _ user: String
    ) async throws(APIError) -> Answer {
        // Clients write the roots with a slash at their end or without.
        let path = request.uri.path.count > 1 ? request.uri.path.trimmingSuffix { $0 == "/" } : request.uri.path
        switch path {
        case "/healthz", "/livez", "/readyz": return Answer(.text("ok"))
        default: break
        }
        let discovery = Discovery(resources: Array(resources.values), address: settings.address)
        if let document = discovery.document(at: path) {
            guard user != "system:anonymous" || path == "/version" else {
                throw APIError(
                    403,
                    "Forbidden",
                    "forbidden: User \"system:anonymous\" cannot get path \"\(path)\"",
                    details: [:]
                )
            }
            return Answer(document)
        }
        guard let target = RequestTarget(path, among: resources) else {
            return Answer(.text("404 page not found\n"), code: 404)
        }
        let call = APICall(
            target: target,
            method: request.method.rawValue,
            query: query,
            body: body,
            contentType: request.headers[.contentType] ?? "application/json",
            userAgent: request.headers[.userAgent] ?? ""
        )
        guard let verb = call.verb else {
            throw APIError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        }
        try accounts.authorize(user, verb, target)
        return try await answer(call)
    }
}
