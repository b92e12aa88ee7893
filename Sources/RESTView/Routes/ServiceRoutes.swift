import Foundation
import Hummingbird
import Journal
import Platform
import SignIn

/// Answers about the service itself. None needs a token.
struct ServiceRoutes {
    let journal: JournalReader
    let build: BuildInformation
    /// Nil: nobody has to sign in.
    let authenticator: Authenticator?
    /// The time since the service began to answer.
    let uptime: @Sendable () -> Duration

    /// The program's version.
    func version() throws -> Response { try Response(json: build) }

    /// The API's description in OpenAPI 3.1, from `Description/openapi.json`.
    func description() -> Response { Response(document: Data(PackageResources.openapi_json)) }

    /// The state of the service. The status is always 200, because a degraded service answers too.
    ///
    /// Error texts may name paths and hosts: only signed-in callers and those on the Unix socket get them.
    func ping(_ call: Call) async throws -> Response {
        let object = PingObject(
            try await journal.status(),
            showsMessages: call.seesDetails,
            disk: journal.diskSpace,
            backlog: try await journal.backlog(),
            isProviderReachable: await isProviderReachable(),
            uptime: uptime()
        )
        return try Response(json: object)
    }

    /// Reports that the process answers, and nothing else: a restart would repair neither the repository nor a cluster.
    func live() -> Response { Response(text: "ok\n") }

    /// Whether the identity provider answered last time; false before the first request to it, and nil without a provider.
    func isProviderReachable() async -> Bool? {
        guard let keys = authenticator?.keys else { return nil }
        return await keys.isReachable == true
    }

    /// Reports whether the service has read the repository once, can write its state, and callers can sign in.
    func ready() async throws -> Response {
        guard let status = journal.currentStatus, status.lastFetch != nil else { throw Problem.notReady }
        guard status.stateError == nil else { throw Problem.stateNotWritable }
        guard await authenticator?.isReady ?? true else { throw Problem.providerAway }
        return Response(text: "ok\n")
    }

    /// The page for people who open the address in a browser.
    func front() -> Response { Response(page: FrontPage(build)) }
}

/// Answers Prometheus. Whoever reaches the service may read it.
struct MetricsRoutes {
    let journal: JournalReader
    let service: ServiceRoutes
    let streams: StreamLimit
    let requests: RequestCounts
    /// Whether partitions have numbers of their own. Whoever reaches the service reads their names then.
    let namesPartitions: Bool

    /// All metrics with their current values.
    func metrics() async throws -> Response {
        var text = MetricsText()
        text.writeBuild(service.build, uptime: service.uptime(), streams: streams.count)
        text.writeStatus(
            try await journal.status(),
            journal.diskSpace,
            isProviderReachable: await service.isProviderReachable()
        )
        let clusters = try await journal.clusters()
        text.writeJobs(clusters, backlog: try await journal.backlog())
        if namesPartitions {
            var partitions: [(String, JobCounts)] = []
            for cluster in clusters.groups {
                partitions.append((cluster.id, try await journal.partitions(of: cluster.id)))
            }
            text.writePartitions(partitions)
        }
        text.writeActions(try await journal.actionCounts())
        text.writeRuns(try await journal.runTotals())
        text.writeMeasurements(journal.measurements.snapshot)
        text.writeRequests(requests.snapshot)
        text.writeProcess(.measure())
        return Response(document: Data(text.text.utf8), type: MetricsText.contentType)
    }
}

/// The page at `/`: what the service is, and its routes. It loads nothing and runs no scripts.
struct FrontPage {
    let html: String

    /// The links are relative, because a proxy may publish the service below a path of its own.
    init(_ build: BuildInformation) {
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>tfjob-admin</title>
            </head>
            <body>
            <h1>tfjob-admin \(Self.escaped(build.version))</h1>
            <p>It keeps distributed TensorFlow jobs as the files of a git repository say, and shows here what became of them.
            Everything here is read-only: to change a job, change
            <code>clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/&lt;id&gt;.json</code> and <code>git push</code>.</p>
            <ul>
            \(Route.table.compactMap(Self.item).joined(separator: "\n"))
            </ul>
            </body>
            </html>

            """
    }

    /// A line about a route; nil for a route that the page does not show.
    private static func item(_ route: Route) -> String? {
        guard let help = route.help else { return nil }
        let path = escaped(route.template.replacing("{", with: "<").replacing("}", with: ">"))
        guard !route.template.contains("{") else { return "<li>\(path): \(help)</li>" }
        return "<li><a href=\"\(route.template.dropFirst())\">\(path)</a>: \(help)</li>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

extension Response {
    /// An answer with a page.
    init(page: FrontPage) {
        self.init(document: Data(page.html.utf8), type: "text/html; charset=utf-8")
        headers[.contentSecurityPolicy] =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
