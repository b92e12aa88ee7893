import Foundation
import Jobs
import Journal
import Platform

/// Metrics in Prometheus' text format, <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
struct MetricsText {
    typealias Labels = [(name: String, value: String)]

    private(set) var text = ""
    private var family = ""

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes the head of a family. The following samples belong to it.
    mutating func begin(_ metric: Metric) {
        family = "tfjob_admin_\(metric.name)"
        text += "# HELP \(family) \(metric.help)\n# TYPE \(family) \(metric.kind.rawValue)\n"
    }

    /// Writes a value of the family; `suffix` is for the parts of a histogram.
    mutating func sample(_ value: some Numeric, _ labels: Labels = [], suffix: String = "") {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(family)\(suffix)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// Writes a family with one value.
    mutating func write(_ metric: Metric, _ value: some Numeric, _ labels: Labels = []) {
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
            [("version", build.version), ("commit", build.commit), ("swift", build.swift), ("libgit2", build.libgit2)]
        )
        write(.uptime, uptime / .seconds(1))
        write(.openStreams, streams)
    }

    /// Writes the state of the repository, the state folder, the clusters and the identity provider; nil values are omitted.
    mutating func writeStatus(_ status: ServiceStatus?, _ disk: DiskSpace?, isProviderReachable: Bool?) {
        write(.stateWritable, status?.stateError == nil ? 1 : 0)
        if let disk {
            write(.stateFree, disk.free)
        }
        if let status {
            write(.repositoryUp, status.repositoryError == nil ? 1 : 0)
            if let time = status.lastFetch {
                write(.lastFetch, time.timeIntervalSince1970)
            }
            begin(.clusterUp)
            for cluster in status.clusters {
                sample(cluster.reachable ? 1 : 0, [("cluster", cluster.id), ("backend", cluster.backend)])
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
                sample(cluster.phases[phase, default: 0], [("cluster", cluster.id), ("phase", phase.rawValue)])
            }
        }
        write(.jobsPending, backlog.pending)
        write(.jobsHeld, backlog.held)
    }

    /// Writes the numbers of jobs by cluster, partition and phase.
    mutating func writePartitions(_ clusters: [(id: String, counts: JobCounts)]) {
        begin(.partitionJobs)
        for cluster in clusters {
            for partition in cluster.counts.groups {
                for phase in Phase.allCases {
                    let labels = [("cluster", cluster.id), ("partition", partition.id), ("phase", phase.rawValue)]
                    sample(partition.phases[phase, default: 0], labels)
                }
            }
        }
    }

    /// Writes the numbers of finished actions since the journal was created.
    mutating func writeActions(_ actions: [ActionCount]) {
        begin(.actions)
        for action in actions {
            sample(action.count, [("kind", action.kind), ("result", action.result.rawValue)])
        }
    }

    /// Writes the numbers and durations of answers since the start.
    mutating func writeRequests(_ requests: RequestCounts.Snapshot) {
        begin(.requests)
        let kinds = requests.requests.map { (($0.key.template ?? "other", $0.key.method, $0.key.status), $0.value) }
        for ((route, method, status), count) in kinds.sorted(by: { $0.0 < $1.0 }) {
            sample(count, [("route", route), ("method", method), ("status", String(status))])
        }
        begin(.requestDuration)
        for (route, latency) in requests.latencies.map({ ($0.key ?? "other", $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            sample(latency, "route", route)
        }
    }

    /// Writes a histogram of the family.
    ///
    /// - Parameters:
    ///   - distribution: the observations.
    ///   - name: the name of its only label; empty for none.
    ///   - value: the label's value.
    private mutating func sample(_ distribution: Distribution, _ name: String = "", _ value: String = "") {
        let label = name.isEmpty ? [] : [(name, value)]
        var sum = 0
        for (bound, count) in zip(distribution.bounds, distribution.buckets) {
            sum += count
            sample(sum, label + [("le", "\(bound)")], suffix: "_bucket")
        }
        sample(distribution.count, label + [("le", "+Inf")], suffix: "_bucket")
        sample(distribution.sum, label, suffix: "_sum")
        sample(distribution.count, label, suffix: "_count")
    }
}

extension MetricsText {
    /// Writes what became of runs since the start.
    mutating func writeRuns(_ totals: RunTotals) {
        let clusters = totals.clusters.sorted { $0.key < $1.key }
        begin(.runs)
        for (id, cluster) in clusters {
            for result in RunTotals.results {
                let labels = [("cluster", id), ("result", result.rawValue.lowercased())]
                sample(cluster.results[result, default: 0], labels)
            }
        }
        begin(.runRestarts)
        for (id, cluster) in clusters {
            sample(cluster.restarts, [("cluster", id)])
        }
        begin(.runDuration)
        for (id, cluster) in clusters {
            sample(cluster.durations, "cluster", id)
        }
        begin(.queueWait)
        for (id, cluster) in clusters {
            sample(cluster.waits, "cluster", id)
        }
    }

    /// Writes what the service measured since its start.
    mutating func writeMeasurements(_ measured: Measurements.Snapshot) {
        begin(.fetchDuration)
        sample(measured.fetchDurations)
        begin(.fetchFailures)
        for (reason, count) in measured.fetchFailures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            sample(count, [("reason", reason.rawValue)])
        }
        begin(.reconcileDuration)
        sample(measured.passDurations)
        write(.reloadSuccessful, measured.isReloadSuccessful ? 1 : 0)
        write(.reloadTime, measured.lastReload.timeIntervalSince1970)
        begin(.webhooks)
        let webhooks = measured.webhooks.map { (($0.key.forge, $0.key.isAccepted ? "accepted" : "refused"), $0.value) }
        for ((forge, result), count) in webhooks.sorted(by: { $0.0 < $1.0 }) {
            sample(count, [("forge", forge), ("result", result)])
        }
        begin(.certificateExpiry)
        for certificate in Measurements.Certificate.allCases {
            guard let time = measured.expiries[certificate] else { continue }
            sample(time.timeIntervalSince1970, [("certificate", certificate.rawValue)])
        }
    }

    /// Writes what the service's process uses; nil values are omitted.
    mutating func writeProcess(_ usage: ProcessUsage) {
        write(.processCPU, usage.cpuSeconds)
        if let bytes = usage.residentBytes {
            write(.processMemory, bytes)
        }
        if let count = usage.openDescriptors {
            write(.processDescriptors, count)
        }
        if let limit = usage.descriptorLimit {
            write(.processDescriptorLimit, limit)
        }
        if let time = usage.startTime {
            write(.processStart, time.timeIntervalSince1970)
        }
    }
}
