import ArgumentParser
import Foundation
import TestSupport

/// What `pre-receive` adds to a push that changes many jobs.
struct HookBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hooks",
        abstract: "The time of a push that changes many jobs, with and without pre-receive."
    )

    @Option(help: "How many jobs each push changes.")
    var jobs = 1000

    @Option(help: "How many pushes of each kind to time.")
    var pushes = 10

    func run() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        let hook = repository.bare + "/hooks/pre-receive"
        try FileManager.default.createDirectory(atPath: repository.bare + "/hooks", withIntermediateDirectories: true)
        try Data("#!/bin/sh\nexec \(BuiltExecutable.path) hook pre-receive\n".utf8).write(
            to: URL(fileURLWithPath: hook)
        )
        // The hook checks that the jobs' code is there.
        try repository.write("", to: "code/job.py")
        var times: [Bool: [Double]] = [true: [], false: []]
        for number in 0...(2 * pushes) {
            for job in 0..<jobs {
                try repository.write(
                    JobText().with { $0.description = "Job \(job), change \(number)" }.text,
                    to: "clusters/default/partitions/team-\(job % 10)/job-\(job).json"
                )
            }
            try await repository.commit("Change \(number)")
            // In turns, so that both see the same machine.
            let hasHook = number % 2 == 0
            try FileManager.default.setAttributes([.posixPermissions: hasHook ? 0o755 : 0o644], ofItemAtPath: hook)
            let time = try await ContinuousClock().measure { try await repository.push() }
            // The first one adds what the others change.
            guard number > 0 else { continue }
            times[hasHook]?.append(time / .milliseconds(1))
        }
        Table.print(
            ["push of \(jobs) changed jobs (ms)", "p50", "p90", "p99", "max"],
            [
                ["without pre-receive"] + Table.percentiles(times[false] ?? []),
                ["with pre-receive"] + Table.percentiles(times[true] ?? []),
            ]
        )
    }
}
