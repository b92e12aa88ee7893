import ArgumentParser
import Foundation
import TestSupport

/// The REST view over very many jobs: how long its answers take, how soon a watcher knows, and how many answers it has a second.
struct RESTBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rest",
        abstract:
            "Latency of a list and of one job among many, watch latency while pushes land, and requests a second beside nginx."
    )

    @Option(help: "How many jobs the listed partition has.")
    var jobs = 100_000

    @Option(help: "How many of each request to time.")
    var requests = 300

    @Option(help: "How many pushes to time, one each 600 ms.")
    var pushes = 100

    @Option(help: "How many seconds to count requests.")
    var seconds = 5

    func run() async throws {
        let folder = try TemporaryFolder()
        let repository = try await LargeRepository(jobs: jobs, in: folder)
        let service = try await ServiceProcess(repository: repository.path, in: folder)
        guard let port = service.url.port else { throw CocoaError(.coderInvalidValue) }
        let list = "\(LargeRepository.list)?limit=500"
        let job = "\(LargeRepository.list)/job-0"

        let listTimes = try await HTTPLoad.latencies(of: list, count: requests, port: port)
        let jobTimes = try await HTTPLoad.latencies(of: job, count: requests, port: port)
        let watchTimes = try await WatchLatency(repository: repository, port: port).measure(pushes)
        Table.print(
            ["\(jobs) jobs (ms)", "p50", "p90", "p99", "max"],
            [
                ["list of 500"] + Table.percentiles(listTimes),
                ["one job"] + Table.percentiles(jobTimes),
                ["push → event, 100 pushes a minute"] + Table.percentiles(watchTimes),
            ]
        )

        let nginx = try await StaticServer(
            ["/list": try await service.request(list).body, "/job": try await service.request(job).body],
            in: folder
        )
        var rows: [[String]] = []
        for (name, path, file) in [("one job", job, "/job"), ("list of 500", list, "/list")] {
            let own = try await HTTPLoad.rate(of: path, clients: 8, seconds: seconds, port: port)
            let other = try await HTTPLoad.rate(of: file, clients: 8, seconds: seconds, port: nginx.port)
            rows.append([name, String(format: "%.0f", own), String(format: "%.0f", other)])
        }
        Table.print(["requests a second, 8 clients", "tfjob-admin", "nginx, same bytes"], rows)
        let usage = try String(contentsOfFile: "/proc/\(service.pid)/status", encoding: .utf8)
        Table.print(
            ["", "value"],
            [["memory of the service, at most (MiB)", Self.peak(usage)]]
        )
        try await nginx.stop()
        try await service.stop()
    }

    private static func peak(_ status: String) -> String {
        guard let match = status.firstMatch(of: /VmHWM:\s+(\d+) kB/), let size = Double(match.1) else { return "?" }
        return String(format: "%.0f", size / 1024)
    }
}
