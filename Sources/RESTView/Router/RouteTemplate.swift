/// The form of a path that there is something at, with names for the parts that vary: what counts, logs and the API's
/// description call a route.
enum RouteTemplate: String, CaseIterable, Sendable {
    case front = "/"
    case description = "/openapi.json"
    case live = "/livez"
    case ready = "/readyz"
    case metrics = "/metrics"
    case version = "/api/version"
    case ping = "/api/ping"
    case clusters = "/api/v1alpha1/clusters"
    case partitions = "/api/v1alpha1/clusters/{cid}/partitions"
    case jobs = "/api/v1alpha1/clusters/{cid}/partitions/{partition}/tfjobs"
    case job = "/api/v1alpha1/clusters/{cid}/partitions/{partition}/tfjobs/{id}"
    case history = "/api/v1alpha1/clusters/{cid}/partitions/{partition}/tfjobs/{id}/history"
    case logs = "/api/v1alpha1/clusters/{cid}/partitions/{partition}/tfjobs/{id}/logs"
    case commit = "/api/v1alpha1/commits/{sha}"
    case webhook = "/api/webhooks/{forge}"
}

extension Route {
    /// The form that it is of; nil for one of no form that there is.
    var template: RouteTemplate? {
        switch self {
        case .front: .front
        case .description: .description
        case .live: .live
        case .ready: .ready
        case .metrics: .metrics
        case .version: .version
        case .ping: .ping
        case .clusters: .clusters
        case .partitions: .partitions
        case .jobs: .jobs
        case .job: .job
        case .history: .history
        case .logs: .logs
        case .commit: .commit
        case .webhook: .webhook
        case .misnamed: nil
        }
    }
}
