import HTTPTypes
import Hummingbird
import SignIn

/// One row of ``Route/table``: a path, who may read it, what it is for, and who answers.
///
/// The table is the only place that knows a route. The responder, the metrics, the log, the front page and the check of
/// `openapi.json` all read it.
struct Route: Sendable {
    typealias Answer = @Sendable (_ handlers: Handlers, _ call: Call) async throws -> Response

    /// The path with names for the parts that vary, as in `openapi.json`.
    let template: String
    let need: Need
    /// The method that the route takes; GET includes HEAD.
    var method = HTTPRequest.Method.get
    /// A line for the front page; nil for a route that the page does not show.
    var help: String?
    /// Whether programs, such as orchestrators and `wait`, ask for it every few seconds, so that it is logged at `debug`.
    var isProbe = false
    /// Why the route does not exist in this configuration; nil if it does.
    var absence: @Sendable (Handlers) -> Problem? = { _ in nil }
    /// The sentence for a request with another method.
    var refusal: @Sendable (PathParameters, HTTPRequest.Method) -> String = { _, _ in
        "this path is there to be read: use GET or HEAD"
    }
    let answer: Answer

    /// The parts of the template between the slashes.
    var segments: [Substring] { template.split(separator: "/") }

    var allowedMethods: [HTTPRequest.Method] { method == .get ? [.get, .head] : [method] }
}

/// Everything that rows of the table may call.
struct Handlers: Sendable {
    let service: ServiceRoutes
    let jobs: JobRoutes
    let history: HistoryRoutes
    let logs: LogRoutes
    let metrics: MetricsRoutes
    let webhooks: WebhookRoutes
}

/// A request for a route, after the checks.
struct Call: Sendable {
    let request: Request
    let parameters: PathParameters
    let permissions: Permissions
    let client: StreamClient
    /// Whether the caller is signed in, or on the Unix socket.
    var seesDetails = false
}

/// What a route asks of its caller. The cluster and the partition are those of the path.
enum Need: Equatable {
    /// Nothing: the answer is the same for everybody.
    case nothing
    /// Nothing. Signed-in callers and those on the Unix socket get more.
    case details
    /// A signed-in caller. The answer depends on what the caller may read.
    case signedIn
    /// Permission to read at least one partition of the cluster.
    case cluster
    /// Permission to read the partition.
    case partition
}

extension Permissions {
    /// Refuses a caller who may not read what the path names. Existing and missing jobs are refused alike: a 404 would tell
    /// them apart.
    func check(_ need: Need, _ parameters: PathParameters, of user: String) throws(Problem) {
        let (cluster, partition) = (parameters.cluster, parameters.partition)
        switch need {
        case .nothing, .details, .signedIn: return
        case .cluster:
            guard !include(cluster: cluster) else { return }
            throw .forbidden(
                "\(user.quoted) may read no partition of the cluster \(cluster); the service's access rules say so"
            )
        case .partition:
            guard !include(cluster: cluster, partition: partition) else { return }
            throw .forbidden(
                "\(user.quoted) may not read the partition \(partition) of the cluster \(cluster); the service's access rules say so"
            )
        }
    }
}
