import Foundation
import HTTPTypes
import Jobs
import Journal
import Synchronization

/// A family of metrics. The list of all families is here, and nowhere else.
struct Metric {
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// The name without the prefix that all families share.
    let name: String
    let kind: Kind
    /// One line.
    let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        (self.name, self.kind, self.help) = (name, kind, help)
    }

    static let buildInfo = Metric("build_info", .gauge, "What was built; always 1.")
    static let uptime = Metric("uptime_seconds", .gauge, "How long the service has been answering.")
    static let openStreams = Metric("open_streams", .gauge, "Followed logs and watched lists.")
    static let repositoryUp = Metric("repository_up", .gauge, "Whether the last look at the repository succeeded.")
    static let lastFetch = Metric(
        "last_fetch_timestamp_seconds",
        .gauge,
        "When the repository was last looked at with success."
    )
    static let clusterUp = Metric("cluster_up", .gauge, "Whether the last call to the cluster was answered.")
    static let providerUp = Metric("identity_provider_up", .gauge, "Whether the identity provider answers.")
    static let jobs = Metric("jobs", .gauge, "Jobs by cluster and phase.")
    static let jobsPending = Metric("jobs_pending", .gauge, "Jobs whose newest change is not carried out yet.")
    static let jobsHeld = Metric(
        "jobs_held",
        .gauge,
        "Jobs that are held: their file can't be used, or they are kept from being deleted."
    )
    static let actions = Metric("actions_total", .counter, "Actions that ended, by kind and result.")
    static let requests = Metric("http_requests_total", .counter, "Answers by route, method and status.")
    static let requestDuration = Metric(
        "http_request_duration_seconds",
        .histogram,
        "Time until there is an answer; what lasts goes on after it."
    )
}

/// Metrics in Prometheus' text format, <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
struct MetricsText {
    typealias Labels = KeyValuePairs<String, String>

    private(set) var text = ""
    private var family = ""

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes the head of a family. The following samples belong to it.
    mutating func begin(_ metric: Metric) {
        family = "tfjob_admin_\(metric.name)"
        text += "# HELP \(family) \(metric.help)\n# TYPE \(family) \(metric.kind.rawValue)\n"
    }

    /// Writes a value of the family; `suffix` is for the parts of a histogram.
    mutating func sample(_ value: some Numeric, _ labels: Labels = [:], suffix: String = "") {
        let list = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(family)\(suffix)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// Writes a family with one value.
    mutating func write(_ metric: Metric, _ value: some Numeric, _ labels: Labels = [:]) {
        begin(metric)
        sample(value, labels)
    }

    /// A label's value. Of the control characters only a line break has an escape in this format.
    private static func escaped(_ text: String) -> String {
        PlainText.line(
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        )
    }
}

extension MetricsText {
    mutating func writeBuild(_ build: BuildInformation, uptime: Duration, streams: Int) {
        write(
            .buildInfo,
            1,
            ["version": build.version, "commit": build.commit, "swift": build.swift, "libgit2": build.libgit2]
        )
        write(.uptime, uptime / .seconds(1))
        write(.openStreams, streams)
    }

    /// Writes the state of the repository, the clusters and the identity provider; nil values are omitted.
    mutating func writeStatus(_ status: ServiceStatus?, isProviderReachable: Bool?) {
        if let status {
            write(.repositoryUp, status.repositoryError == nil ? 1 : 0)
            if let time = status.lastFetch {
                write(.lastFetch, time.timeIntervalSince1970)
            }
            begin(.clusterUp)
            for cluster in status.clusters {
                sample(cluster.reachable ? 1 : 0, ["cluster": cluster.id, "backend": cluster.backend])
            }
        }
        if let isProviderReachable {
            write(.providerUp, isProviderReachable ? 1 : 0)
        }
    }

    /// Writes the numbers of jobs by cluster and phase. No label names a partition or a job.
    mutating func writeJobs(_ counts: JobCounts, backlog: (pending: Int, held: Int)) {
        begin(.jobs)
        for cluster in counts.groups {
            for phase in Phase.allCases {
                sample(cluster.phases[phase, default: 0], ["cluster": cluster.id, "phase": phase.rawValue])
            }
        }
        write(.jobsPending, backlog.pending)
        write(.jobsHeld, backlog.held)
    }

    /// Writes the numbers of finished actions since the journal was created.
    mutating func writeActions(_ actions: [ActionCount]) {
        begin(.actions)
        for action in actions {
            sample(action.count, ["kind": action.kind, "result": action.result.rawValue])
        }
    }

    /// Writes the numbers and durations of answers since the start.
    mutating func writeRequests(_ requests: RequestCounts.Snapshot) {
        begin(.requests)
        let kinds = requests.requests.map { (($0.key.template ?? "other", $0.key.method, $0.key.status), $0.value) }
        for ((route, method, status), count) in kinds.sorted(by: { $0.0 < $1.0 }) {
            sample(count, ["route": route, "method": method, "status": String(status)])
        }
        begin(.requestDuration)
        let latencies = requests.latencies.map { ($0.key ?? "other", $0.value) }
        for (route, latency) in latencies.sorted(by: { $0.0 < $1.0 }) {
            var sum = 0
            for (bound, count) in zip(RequestCounts.bounds, latency.buckets) {
                sum += count
                sample(sum, ["route": route, "le": "\(bound)"], suffix: "_bucket")
            }
            sample(latency.count, ["route": route, "le": "+Inf"], suffix: "_bucket")
            sample(latency.seconds, ["route": route], suffix: "_sum")
            sample(latency.count, ["route": route], suffix: "_count")
        }
    }
}

/// Counts answers, and measures how long they took.
final class RequestCounts: Sendable {
    struct Kind: Hashable, Sendable {
        /// The route's template; nil for a path without a route.
        let template: String?
        let method: String
        let status: Int
    }

    /// The numbers of answers by duration.
    struct Latency: Sendable {
        /// One number for each of ``RequestCounts/bounds``, not cumulative.
        var buckets = [Int](repeating: 0, count: RequestCounts.bounds.count)
        var count = 0
        var seconds = 0.0
    }

    struct Snapshot: Sendable {
        var requests: [Kind: Int] = [:]
        var latencies: [String?: Latency] = [:]
    }

    /// In seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private let state = Mutex(Snapshot())

    var snapshot: Snapshot { state.withLock { $0 } }

    func countAnswer(
        _ template: String?,
        _ method: HTTPRequest.Method,
        _ status: HTTPResponse.Status,
        _ time: Duration
    ) {
        // Clients can invent methods, and each would become a series.
        let method = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
        let seconds = time / .seconds(1)
        state.withLock { state in
            state.requests[Kind(template: template, method: method, status: status.code), default: 0] += 1
            var latency = state.latencies[template] ?? Latency()
            latency.count += 1
            latency.seconds += seconds
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) {
                latency.buckets[bucket] += 1
            }
            state.latencies[template] = latency
        }
    }
}
