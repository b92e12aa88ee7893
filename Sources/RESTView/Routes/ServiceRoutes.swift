import Foundation
import Hummingbird
import Journal
import SignIn

/// What there is to know of the service itself. None of it needs a token.
struct ServiceRoutes {
    let journal: JournalReader
    let build: BuildInformation
    /// Nil: nobody has to sign in.
    let authenticator: Authenticator?
    /// How long the service has been answering.
    let uptime: @Sendable () -> Duration

    /// What program this is.
    func version() throws -> Response { try Response(json: build) }

    /// The API's description, OpenAPI 3.1: `Description/openapi.json`.
    func description() -> Response { Response(document: Data(PackageResources.openapi_json)) }

    /// How it fares. Degraded or not, it answers, so this is always 200.
    func ping() async throws -> Response {
        let object = PingObject(
            try await journal.status(),
            backlog: try await journal.backlog(),
            isProviderReachable: await isProviderReachable(),
            uptime: uptime()
        )
        return try Response(json: object)
    }

    /// That it answers is all that this says: a restart would heal neither the repository nor a cluster.
    func live() -> Response { Response(text: "ok\n") }

    /// One that was not asked yet does not answer, as far as anybody knows; nil without a provider.
    func isProviderReachable() async -> Bool? {
        guard let keys = authenticator?.keys else { return nil }
        return await keys.isReachable == true
    }

    /// Ready from the first look at the repository on, also where that failed: what is known is shown; and from when on somebody can
    /// sign in.
    func ready() async throws -> Response {
        guard try await journal.status() != nil else { throw Problem.notReady }
        guard await authenticator?.isReady ?? true else { throw Problem.providerAway }
        return Response(text: "ok\n")
    }

    /// One page for somebody who opens the address in a browser.
    func front() -> Response { Response(page: FrontPage(build)) }
}
