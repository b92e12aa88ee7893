import Foundation
import Jobs
import Journal

extension MetricsText {
    /// What was built.
    mutating func add(_ build: BuildInformation, uptime: Duration, streams: Int) {
        begin("build_info", .gauge, "What was built; always 1.")
        sample(
            "build_info",
            ["version": build.version, "commit": build.commit, "swift": build.swift, "libgit2": build.libgit2],
            1
        )
        begin("uptime_seconds", .gauge, "How long the service has been answering.")
        sample("uptime_seconds", [:], uptime / .seconds(1))
        begin("open_streams", .gauge, "Followed logs and watched lists.")
        sample("open_streams", [:], streams)
    }

    /// How the repository, the clusters and the identity provider fare. Before the first look nothing is said of them.
    mutating func add(_ status: ServiceStatus?, isProviderReachable: Bool?) {
        if let status {
            begin("repository_up", .gauge, "Whether the last look at the repository succeeded.")
            sample("repository_up", [:], status.repositoryError == nil ? 1 : 0)
            if let time = status.lastFetch {
                begin("last_fetch_timestamp_seconds", .gauge, "When the repository was last looked at with success.")
                sample("last_fetch_timestamp_seconds", [:], time.timeIntervalSince1970)
            }
            begin("cluster_up", .gauge, "Whether the last call to the cluster was answered.")
            for cluster in status.clusters {
                sample("cluster_up", ["cluster": cluster.id, "backend": cluster.backend], cluster.reachable ? 1 : 0)
            }
        }
        if let isProviderReachable {
            begin("identity_provider_up", .gauge, "Whether the identity provider answers.")
            sample("identity_provider_up", [:], isProviderReachable ? 1 : 0)
        }
    }

    /// How many jobs there are, by cluster and phase; never of a partition or of one job.
    mutating func add(_ counts: JobCounts, backlog: (pending: Int, held: Int)) {
        begin("jobs", .gauge, "Jobs by cluster and phase.")
        for cluster in counts.groups {
            for phase in Phase.allCases {
                sample("jobs", ["cluster": cluster.id, "phase": phase.rawValue], cluster.phases[phase, default: 0])
            }
        }
        begin("jobs_pending", .gauge, "Jobs whose newest change is not carried out yet.")
        sample("jobs_pending", [:], backlog.pending)
        begin("jobs_held", .gauge, "Jobs that are held: their file can't be used, or they are kept from being deleted.")
        sample("jobs_held", [:], backlog.held)
    }

    /// How many actions ended how, since the journal was made.
    mutating func add(_ actions: [ActionCount]) {
        begin("actions_total", .counter, "Actions that ended, by kind and result.")
        for action in actions {
            sample("actions_total", ["kind": action.kind, "result": action.result.rawValue], action.count)
        }
    }

    /// What was answered since the start.
    mutating func add(_ requests: RequestCounts.Snapshot) {
        func name(_ template: RouteTemplate?) -> String { template?.rawValue ?? "other" }
        begin("http_requests_total", .counter, "Answers by route, method and status.")
        let kinds = requests.requests.map { ((name($0.key.template), $0.key.method, $0.key.status), $0.value) }
        for ((route, method, status), count) in kinds.sorted(by: { $0.0 < $1.0 }) {
            sample("http_requests_total", ["route": route, "method": method, "status": String(status)], count)
        }
        begin(
            "http_request_duration_seconds",
            .histogram,
            "Time until there is an answer; what lasts goes on after it."
        )
        for (route, latency) in requests.latencies.map({ (name($0.key), $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            var sum = 0
            for (bound, count) in zip(RequestCounts.bounds, latency.buckets) {
                sum += count
                sample("http_request_duration_seconds_bucket", ["route": route, "le": "\(bound)"], sum)
            }
            sample("http_request_duration_seconds_bucket", ["route": route, "le": "+Inf"], latency.count)
            sample("http_request_duration_seconds_sum", ["route": route], latency.seconds)
            sample("http_request_duration_seconds_count", ["route": route], latency.count)
        }
    }
}
