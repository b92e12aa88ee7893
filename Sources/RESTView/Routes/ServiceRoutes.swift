import Hummingbird
import Journal

/// What there is to know of the service itself.
struct ServiceRoutes {
    let journal: JournalReader
    let build: BuildInformation
    let startTime: ContinuousClock.Instant

    func add(to router: Router<BasicRequestContext>) {
        router.get("/api/version") { _, _ in try Response(json: build) }
        router.get("/api/ping") { _, _ in try await ping() }
        for path in ["/api/version", "/api/ping"] {
            router.refuseWrites(at: path) { _ in "this path is read-only" }
        }
    }

    private func ping() async throws -> Response {
        let object = PingObject(
            try await journal.status(),
            backlog: try await journal.backlog(),
            uptime: ContinuousClock.now - startTime
        )
        return try Response(json: object)
    }
}

extension Router {
    /// Answers every write at a path with 405 and a sentence.
    func refuseWrites(at path: String, _ sentence: @escaping @Sendable (Parameters) -> String) {
        for method: HTTPRequest.Method in [.post, .put, .patch, .delete] {
            on(RouterPath(path), method: method) { _, context -> Response in
                throw Problem.readOnly(sentence(context.parameters))
            }
        }
    }
}
