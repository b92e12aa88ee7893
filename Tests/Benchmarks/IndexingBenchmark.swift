import ArgumentParser
import Foundation
import Git
import TestSupport

/// How long the service takes to index a large repository with a history, beside `git log` over the same, whether it answers
/// meanwhile, and what one more push then costs.
struct IndexingBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "indexing",
        abstract: "First indexing beside git log --name-status, and push → applied with all those jobs in the tree."
    )

    @Option(help: "How many job files there are.")
    var files = 100_000

    @Option(help: "How many commits there are.")
    var commits = 1000

    @Option(help: "How many pushes of one job to time afterwards.")
    var pushes = 20

    func run() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try LargeHistory(files: files, commits: commits).write(to: folder.path("stream"))
        func shell(_ command: String) async throws {
            try await TestSupport.run(["sh", "-c", command], in: repository.bare)
        }
        try await shell("git fast-import --quiet < '\(folder.path("stream"))' && git repack -adq")
        let log = try await ContinuousClock().measure {
            try await shell("git log --name-status --format='%H %aE %at' main -- clusters > /dev/null")
        }
        let head = try await TestSupport.run(["git", "rev-parse", "main"], in: repository.bare)
            .trimmingCharacters(in: .whitespacesAndNewlines)

        let clock = ContinuousClock()
        let walked = try await walk(repository.bare)
        let start = clock.now
        let service = try await ServiceProcess(repository: repository.bare, in: folder)
        let serving = clock.now - start
        var slowest = Duration.zero
        try await eventually("the commit is indexed", within: .seconds(600)) {
            let asked = clock.now
            let ping = try await service.request("/api/ping").json
            slowest = max(slowest, clock.now - asked)
            return ping.reconcile.lastAttempted.text == head
        }
        let indexed = clock.now - start
        Table.print(
            ["\(files) files, \(commits) commits", "s"],
            [
                ["git log --name-status", Self.seconds(log)],
                ["attribution of all files by itself", Self.seconds(walked)],
                ["service answers after", Self.seconds(serving)],
                ["first indexing, from the start of the process", Self.seconds(indexed)],
                ["slowest answer of /api/ping meanwhile", Self.seconds(slowest)],
            ]
        )
        try await eventually("all jobs are carried out", within: .seconds(1800)) {
            // Seldom: each look counts all that waits.
            try await Task.sleep(for: .seconds(1))
            return try await service.request("/api/ping").json.reconcile.lastApplied.text == head
        }
        Table.print(["", "s"], [["all jobs carried out (suspended ones)", Self.seconds(clock.now - start)]])
        let times = try await timePushes(repository, service)
        Table.print(["", "p50", "p90", "p99", "max"], [["push → applied (ms)"] + Table.percentiles(times)])
        try await service.stop()
    }

    /// Attributes all files, as the service does, without the journal.
    private func walk(_ path: String) async throws -> Duration {
        try await ContinuousClock().measure {
            let repository = try Repository.open(path: path)
            guard let head = try await repository.head(of: "main") else { return }
            let paths = try await repository.tree(at: head, under: "clusters").map(\.path)
            _ = try await repository.attributions(of: paths, under: "clusters", at: head)
        }
    }

    /// Changes one job's description again and again.
    private func timePushes(_ repository: JobsRepository, _ service: ServiceProcess) async throws -> [Double] {
        try await repository.git("fetch", "--quiet", "origin", "main")
        try await repository.git("sparse-checkout", "set", "clusters/default/partitions/team-0")
        try await repository.git("checkout", "--quiet", "-B", "main", "origin/main")
        var times: [Double] = []
        for number in 0..<pushes {
            try repository.write(
                LargeHistory.job(0, revision: 1_000_000 + number),
                to: LargeHistory.path(0)
            )
            let commit = try await repository.commit("Push \(number)")
            try await repository.push()
            let pushed = try FileManager.default.attributesOfItem(atPath: repository.bare + "/refs/heads/main")
            let applied = try await firstValue("the push is applied") {
                try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied" ? Date() : nil
            }
            if let date = pushed[.modificationDate] as? Date {
                times.append(applied.timeIntervalSince(date) * 1000)
            }
        }
        return times
    }

    private static func seconds(_ duration: Duration) -> String { String(format: "%.2f", duration / .seconds(1)) }
}

/// A repository of many suspended jobs whose files were changed in many commits, as `git fast-import` takes it.
private struct LargeHistory {
    let files: Int
    let commits: Int

    static func path(_ number: Int) -> String {
        "clusters/default/partitions/team-\(number % 100)/job-\(number).json"
    }

    static func job(_ number: Int, revision: Int) -> String {
        let resource = #""resource": {"cpu": "1.000", "memory": "2048Mi", "gpu": "0"}"#
        return """
            {
              "description": "Point \(number) of a sweep, revision \(revision)",
              "runtime": "Python_3.11+Tensorflow_2.21.0",
              "workdir": "/srv/sweeps/\(number % 97)",
              "bootfile": "train.py",
              "args": ["--seed=\(number)"],
              "replicas": [{"type": "worker", "count": "2", \(resource)}],
              "runPolicy": {"suspend": true}
            }

            """
    }

    /// The first commit adds nine tenths, and each other one adds its share of the rest and changes twenty.
    func write(to path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let stream = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var generator = SeededGenerator(seed: 1)
        var present = files * 9 / 10
        try commit(0, Array(0..<present), in: stream)
        for number in 1..<commits {
            let next = number == commits - 1 ? files : files * 9 / 10 + files * number / (commits * 10)
            let changed = (0..<20).map { _ in Int.random(in: 0..<present, using: &generator) }
            try commit(number, Array(Set(changed + Array(present..<next))), in: stream)
            present = next
        }
        try stream.close()
    }

    private func commit(_ number: Int, _ changed: [Int], in stream: FileHandle) throws {
        let person = "A\(number % 7) <a\(number % 7)@example.org> \(1_700_000_000 + number * 60) +0000"
        var text = "commit refs/heads/main\nauthor \(person)\ncommitter \(person)\ndata 1\nx\n"
        for file in changed {
            let job = Self.job(file, revision: number)
            text += "M 100644 inline \(Self.path(file))\ndata \(job.utf8.count)\n\(job)\n"
        }
        try stream.write(contentsOf: Data(text.utf8))
    }
}
