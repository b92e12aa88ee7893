import Hummingbird
import Logging
import SignIn

/// Answers every request: finds the route, checks method and caller, and turns errors into a ``Problem``.
struct Responder: HTTPResponder {
    let handlers: Handlers
    /// Nil: whoever reaches the service reads everything.
    let authenticator: Authenticator?
    let counts: RequestCounts
    let logger: Logger

    /// Never throws: every error becomes an answer.
    func respond(to request: Request, context: ConnectionContext) async -> Response {
        var exchange = Exchange(request, in: context)
        var response = await response(to: request, context, &exchange)
        response.headers.set(RequestID.field, to: exchange.id.description)
        let duration = exchange.duration
        counts.countAnswer(exchange.route?.template, request.method, response.status, duration)
        exchange.log(response.status, duration, to: logger)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(
        to request: Request,
        _ context: ConnectionContext,
        _ exchange: inout Exchange
    ) async -> Response {
        do throws(Problem) {
            return try await answer(request, context, &exchange)
        } catch {
            return Response(error, path: request.uri.path, id: exchange.id)
        }
    }

    private func answer(
        _ request: Request,
        _ context: ConnectionContext,
        _ exchange: inout Exchange
    ) async throws(Problem) -> Response {
        try checkHost(of: request, from: exchange.peer)
        guard let match = RouteMatch(try RequestPath(request.uri.path)) else {
            throw .notFound("there is nothing at this path; / says what there is")
        }
        if case .found(let route, _) = match {
            exchange.route = route
        }
        try check(request.method, of: match)
        let permissions = try await permissions(for: match, request, context, &exchange)
        switch match {
        case .misnamed(let sentence): throw .notFound(sentence)
        case .found(let route, let parameters):
            let call = Call(
                request: request,
                parameters: parameters,
                permissions: permissions,
                client: exchange.client,
                seesDetails: exchange.user != nil || exchange.peer == .socket
            )
            var response = try await answer(call, by: route, exchange)
            let isPersonal = route.need == .details ? exchange.user != nil : route.need != .nothing
            if authenticator != nil, isPersonal, response.headers[.cacheControl] == "no-cache" {
                response.headers[.cacheControl] = "private, no-cache"
            }
            return response
        }
    }

    private func answer(_ call: Call, by route: Route, _ exchange: Exchange) async throws(Problem) -> Response {
        do {
            return try await route.answer(handlers, call)
        } catch let problem as Problem {
            throw problem
        } catch {
            // The text of an unexpected error may name files and statements: only the log gets it.
            logger.error(
                "a request failed",
                metadata: ["request": "\(exchange.id)", "path": "\(exchange.path.quoted)", "error": "\(error)"]
            )
            throw .unexpected
        }
    }

    /// Without authentication the host's name must keep strangers out. A Unix socket's file mode controls access to it.
    private func checkHost(of request: Request, from peer: Peer?) throws(Problem) {
        guard authenticator == nil, peer != .socket, let host = request.head.authority else { return }
        guard LocalHost.isMeant(by: host) else { throw .misdirected }
    }

    private func check(_ method: HTTPRequest.Method, of match: RouteMatch) throws(Problem) {
        switch match {
        case .misnamed(let sentence):
            guard [.get, .head].contains(method) else { throw .methodNotAllowed(Route.refuseMisnamed(sentence)) }
        case .found(let route, let parameters):
            if let absence = route.absence(handlers) { throw absence }
            guard !route.allowedMethods.contains(method) else { return }
            let allowed = route.allowedMethods.map(\.rawValue).joined(separator: ", ")
            throw .methodNotAllowed(route.refusal(parameters, method), allowed: allowed)
        }
    }

    private func permissions(
        for match: RouteMatch,
        _ request: Request,
        _ context: ConnectionContext,
        _ exchange: inout Exchange
    ) async throws(Problem) -> Permissions {
        guard let authenticator, match.need != .nothing else { return .all }
        let caller: Caller
        do throws(SignInError) {
            let process = authenticator.settings.trustsSocket ? await context.peerProcess() : nil
            caller = try await authenticator.identifyCaller(request.headers, from: exchange.peer, process)
        } catch {
            guard match.need != .details else { return .all }
            throw Problem(error)
        }
        exchange.user = caller.user
        exchange.end = authenticator.end(of: caller)
        let permissions = Permissions(of: caller, rules: authenticator.settings.access)
        if case .found(let route, let parameters) = match {
            try permissions.check(route.need, parameters, of: caller.user)
        }
        return permissions
    }
}
