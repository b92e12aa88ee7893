import Hummingbird
import Logging
import SignIn

/// Answers every request: finds the route, holds the method against it, and turns what goes wrong into a ``Problem``.
struct Responder: HTTPResponder {
    let service: ServiceRoutes
    let jobs: JobRoutes
    let history: HistoryRoutes
    let logs: LogRoutes
    let commits: CommitRoutes
    let metrics: MetricsRoutes
    let webhooks: WebhookRoutes
    /// Nil: whoever reaches the service reads all.
    let authenticator: Authenticator?
    let counts: RequestCounts
    let logger: Logger

    /// Never throws: whatever happens is an answer.
    func respond(to request: Request, context: ConnectionContext) async -> Response {
        var exchange = Exchange(request, from: context.peer)
        var response = await response(to: request, &exchange)
        response.headers.set(RequestID.field, to: exchange.id.description)
        let duration = exchange.duration
        counts.note(exchange.template, request.method, response.status, duration)
        exchange.log(response.status, duration, to: logger)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request, _ exchange: inout Exchange) async -> Response {
        do throws(Problem) {
            return try await answer(request, &exchange)
        } catch {
            return Response(error, path: request.uri.path, id: exchange.id)
        }
    }

    private func answer(_ request: Request, _ exchange: inout Exchange) async throws(Problem) -> Response {
        try checkHost(of: request, from: exchange.peer)
        guard let route = Route(try RequestPath(request.uri.path)) else {
            throw .notFound("there is nothing at this path; / says what there is")
        }
        exchange.template = route.template
        try check(request.method, of: route)
        let permissions = try await permissions(for: route, request, &exchange)
        do {
            var response = try await answer(request, route, permissions, client: exchange.client)
            if authenticator != nil, route.need != .nothing, response.headers[.cacheControl] == "no-cache" {
                response.headers[.cacheControl] = "private, no-cache"
            }
            return response
        } catch let problem as Problem {
            throw problem
        } catch {
            // The text of an unexpected error may name files and statements: it is for the log alone.
            logger.error(
                "a request failed",
                metadata: ["request": "\(exchange.id)", "path": "\(exchange.path.quoted)", "error": "\(error)"]
            )
            throw .unexpected
        }
    }

    /// Nobody signs in, so the host's name has to keep strangers out. Who may use a Unix socket its file says.
    private func checkHost(of request: Request, from peer: Peer?) throws(Problem) {
        guard authenticator == nil, peer != .socket, let host = request.head.authority else { return }
        guard LocalHost.isMeant(by: host) else { throw .misdirected }
    }

    /// A webhook that is not configured is not there for any method.
    private func check(_ method: HTTPRequest.Method, of route: Route) throws(Problem) {
        let allowed: [HTTPRequest.Method]
        if case .webhook = route {
            guard webhooks.isConfigured else { throw .noWebhooks }
            allowed = [.post]
        } else {
            allowed = [.get, .head]
        }
        guard allowed.contains(method) else { throw .notAllowed(route, method: method) }
    }

    private func permissions(
        for route: Route,
        _ request: Request,
        _ exchange: inout Exchange
    ) async throws(Problem) -> Permissions {
        guard let authenticator, route.need != .nothing else { return .all }
        let caller: Caller
        do throws(SignInError) {
            caller = try await authenticator.identifyCaller(request.headers, from: exchange.peer)
        } catch {
            throw Problem(error)
        }
        exchange.user = caller.user
        exchange.end = authenticator.end(of: caller)
        let permissions = Permissions(of: caller, rules: authenticator.settings.access)
        try permissions.check(route.need, of: caller.user)
        return permissions
    }

    private func answer(
        _ request: Request,
        _ route: Route,
        _ permissions: Permissions,
        client: StreamClient
    ) async throws -> Response {
        switch route {
        case .front: service.front()
        case .description: service.description()
        case .version: try service.version()
        case .ping: try await service.ping()
        case .live: service.live()
        case .ready: try await service.ready()
        case .metrics: try await metrics.metrics()
        case .clusters: try await jobs.clusters(request, permissions)
        case .partitions(let cluster): try await jobs.partitions(request, of: cluster, permissions)
        case .jobs(let cluster, let partition):
            try await jobs.list(request, cluster: cluster, partition: partition, client: client)
        case .job(let key): try await jobs.job(request, key)
        case .history(let key): try await history.history(request, key)
        case .logs(let key): try await logs.log(request, key, client: client)
        case .commit(let name): try await commits.commit(request, name, permissions)
        case .webhook(let forge): try await webhooks.receive(request, from: forge)
        case .misnamed(let sentence): throw Problem.notFound(sentence)
        }
    }
}
