import Foundation
import Journal

/// How the service fares, as anybody may know it: no credentials, error texts or paths.
struct PingObject: Encodable {
    private struct Repository: Encodable {
        @Nullable var url: String?
        @Nullable var branch: String?
        @Nullable var head: String?
        @Nullable var lastFetch: Date?
        @Nullable var error: String?
    }

    private struct Reconcile: Encodable {
        @Nullable var lastAttempted: String?
        @Nullable var lastApplied: String?
        let pending: Int
        let held: Int
    }

    private struct Cluster: Encodable {
        let id: String
        let backend: String
        let reachable: Bool
        @Nullable var error: String?
    }

    private struct State: Encodable {
        let writable: Bool
        let error: String
    }

    private struct Auth: Encodable {
        let reachable: Bool
        @Nullable var error: String?
    }

    private let status: String
    private let uptimeSeconds: Int
    private let repository: Repository
    private let reconcile: Reconcile
    private let clusters: [Cluster]
    /// Of the state folder; absent while it can be written.
    private let state: State?
    /// Of the identity provider; absent without one.
    private let auth: Auth?

    /// - Parameter isProviderReachable: whether the identity provider answers; nil without one.
    init(
        _ service: ServiceStatus?,
        backlog: (pending: Int, held: Int),
        isProviderReachable: Bool?,
        uptime: Duration
    ) {
        status = (service?.isHealthy ?? true) && (isProviderReachable ?? true) ? "ok" : "degraded"
        auth = isProviderReachable.map { Auth(reachable: $0, error: $0 ? nil : "unreachable") }
        uptimeSeconds = Int(uptime.components.seconds)
        repository = Repository(
            url: service.flatMap { PublicAddress.of($0.repositoryURL) },
            branch: service?.branch,
            head: service?.head,
            lastFetch: service?.lastFetch,
            error: service?.repositoryError.map { _ in "unreadable" }
        )
        reconcile = Reconcile(
            lastAttempted: service?.lastAttempted,
            lastApplied: service?.lastApplied,
            pending: backlog.pending,
            held: backlog.held
        )
        state = service?.stateError.map { _ in State(writable: false, error: "unwritable") }
        clusters = (service?.clusters ?? []).map { cluster in
            Cluster(
                id: cluster.id,
                backend: cluster.backend,
                reachable: cluster.reachable,
                error: cluster.error.map { _ in "unreachable" }
            )
        }
    }
}
