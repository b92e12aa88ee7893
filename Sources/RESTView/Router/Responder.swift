import Hummingbird
import Logging

/// Answers every request: finds the route, holds the method against it, and turns what goes wrong into a ``Problem``.
struct Responder: HTTPResponder {
    let service: ServiceRoutes
    let jobs: JobRoutes
    let commits: CommitRoutes
    let webhooks: WebhookRoutes
    let logger: Logger

    /// Never throws: whatever happens is an answer.
    func respond(to request: Request, context: BasicRequestContext) async -> Response {
        let response = await response(to: request)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request) async -> Response {
        do throws(Problem) {
            return try await answer(request)
        } catch {
            return Response(error, path: request.uri.path)
        }
    }

    private func answer(_ request: Request) async throws(Problem) -> Response {
        guard let route = Route(try RequestPath(request.uri.path)) else {
            throw .notFound("there is nothing at this path; / says what there is")
        }
        try check(request.method, of: route)
        do {
            return try await answer(request, route)
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

    private func answer(_ request: Request, _ route: Route) async throws -> Response {
        switch route {
        case .front: service.front()
        case .version: try service.version()
        case .ping: try await service.ping()
        case .live: service.live()
        case .ready: try await service.ready()
        case .clusters: try await jobs.clusters(request)
        case .partitions(let cluster): try await jobs.partitions(request, of: cluster)
        case .jobs(let cluster, let partition): try await jobs.list(request, cluster: cluster, partition: partition)
        case .job(let key): try await jobs.job(request, key)
        case .commit(let name): try await commits.commit(request, name)
        case .webhook(let forge): try await webhooks.receive(request, from: forge)
        case .misnamed(let sentence): throw Problem.notFound(sentence)
        }
    }
}
