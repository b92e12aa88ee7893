import ArgumentParser
import Foundation
import TestSupport

/// Each benchmark is a subcommand.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures the built program and prints tables.",
        subcommands: [
            ServiceBenchmark.self, HookBenchmark.self, ReadingBenchmark.self, RESTBenchmark.self,
            IndexingBenchmark.self, CostlyFilesBenchmark.self, StartBenchmark.self,
        ],
        defaultSubcommand: ServiceBenchmark.self
    )
}

/// What a user of the service waits for, and what an operator pays for it.
struct ServiceBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Push latency, idle cost and memory."
    )

    @Option(help: "How many pushes to time.")
    var pushes = 100

    @Option(help: "How many seconds to watch the idle service.")
    var idle = 60

    func run() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("import time\ntime.sleep(3600)\n", to: "code/job.py")
        try await repository.publish("Add the code")
        let service = try await ServiceProcess(repository: repository.bare, in: folder)

        let latencies = try await PushLatency(folder: folder, repository: repository, service: service).measure(pushes)
        Table.print(
            ["", "p50", "p90", "p99", "max"],
            [
                ["push → first backend call (ms)"] + Table.percentiles(latencies.map(\.call)),
                ["push → REST shows running (ms)"] + Table.percentiles(latencies.map(\.running)),
            ]
        )
        let usage = try await IdleUsage.measure(service, seconds: idle)
        Table.print(
            ["", "value"],
            [
                ["idle CPU over \(idle) s, one job running (ms)", String(usage.cpuMilliseconds)],
                ["resident memory of the service (MiB)", String(format: "%.1f", usage.serviceMemory)],
                ["resident memory of a supervisor (MiB)", String(format: "%.1f", usage.supervisorMemory)],
            ]
        )
        try repository.remove("clusters")
        try await repository.publish("Remove all jobs\n\nPrune: approve")
        try await eventually("all jobs are gone") { try await service.jobs().isEmpty }
        try await service.stop()
    }
}
