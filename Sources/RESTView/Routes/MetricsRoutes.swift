import Foundation
import Hummingbird
import Journal

/// What Prometheus collects. Whoever reaches the service may read it.
struct MetricsRoutes {
    let journal: JournalReader
    let service: ServiceRoutes
    let streams: StreamLimit
    let requests: RequestCounts

    /// All metrics, as they are now.
    func metrics() async throws -> Response {
        var metrics = MetricsText()
        metrics.add(service.build, uptime: service.uptime(), streams: streams.count)
        metrics.add(try await journal.status(), isProviderReachable: await service.isProviderReachable())
        metrics.add(try await journal.clusters(), backlog: try await journal.backlog())
        metrics.add(try await journal.actionCounts())
        metrics.add(requests.snapshot)
        return Response(document: Data(metrics.text.utf8), type: MetricsText.contentType)
    }
}
