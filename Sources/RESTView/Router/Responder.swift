import Hummingbird
import Logging

/// Answers every request: finds the route, holds the method against it, and turns what goes wrong into a ``Problem``.
struct Responder: HTTPResponder {
    let service: ServiceRoutes
    let jobs: JobRoutes
    let commits: CommitRoutes
    let webhooks: WebhookRoutes
    /// Nil: whoever reaches the service reads all.
    let authenticator: Authenticator?
    let logger: Logger

    /// Never throws: whatever happens is an answer.
    func respond(to request: Request, context: ConnectionContext) async -> Response {
        let response = await response(to: request, from: context)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request, from context: ConnectionContext) async -> Response {
        do throws(Problem) {
            return try await answer(request, from: context)
        } catch {
            return Response(error, path: request.uri.path)
        }
    }

    private func answer(_ request: Request, from context: ConnectionContext) async throws(Problem) -> Response {
        guard let route = Route(try RequestPath(request.uri.path)) else {
            throw .notFound("there is nothing at this path; / says what there is")
        }
        try check(request.method, of: route)
        let permissions = try await permissions(for: route, request, from: context)
        do {
            var response = try await answer(request, route, permissions)
            if authenticator != nil, route.need != .nothing {
                response.headers[.cacheControl] = "private, no-cache"
            }
            return response
        } catch let problem as Problem {
            throw problem
        } catch {
            // The text of an unexpected error may name files and statements: it is for the log alone.
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            throw .unexpected
        }
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
        from context: ConnectionContext
    ) async throws(Problem) -> Permissions {
        guard let authenticator, route.need != .nothing else { return .all }
        let caller = try await authenticator.caller(request.headers, from: context.peer)
        let permissions = Permissions(of: caller, rules: authenticator.settings.access)
        try permissions.check(route.need, of: caller.user)
        return permissions
    }

    private func answer(_ request: Request, _ route: Route, _ permissions: Permissions) async throws -> Response {
        switch route {
        case .front: service.front()
        case .version: try service.version()
        case .ping: try await service.ping()
        case .live: service.live()
        case .ready: try await service.ready()
        case .clusters: try await jobs.clusters(request, permissions)
        case .partitions(let cluster): try await jobs.partitions(request, of: cluster, permissions)
        case .jobs(let cluster, let partition): try await jobs.list(request, cluster: cluster, partition: partition)
        case .job(let key): try await jobs.job(request, key)
        case .commit(let name): try await commits.commit(request, name, permissions)
        case .webhook(let forge): try await webhooks.receive(request, from: forge)
        case .misnamed(let sentence): throw Problem.notFound(sentence)
        }
    }
}
