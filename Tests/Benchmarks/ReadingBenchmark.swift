import ArgumentParser
import Foundation
import TestSupport

/// What reading and checking many job files out of a repository takes, beside git's own reading of the same blobs.
struct ReadingBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reading",
        abstract: "Reads and checks all files of a commit, beside git cat-file --batch over the same blobs."
    )

    @Option(help: "How many job files the commit has, about 700 bytes each.")
    var files = 100_000

    @Option(help: "How often each is timed, in turns.")
    var runs = 5

    func run() async throws {
        let folder = try TemporaryFolder()
        let bare = folder.path("jobs.git")
        let (stream, list) = (folder.path("stream"), folder.path("blobs"))
        try writeStream(to: stream)
        func shell(_ command: String) async throws {
            try await TestSupport.run(["sh", "-c", command], in: folder.url.path)
        }
        try await shell("git init --quiet --bare --initial-branch=main '\(bare)'")
        try await shell("git -C '\(bare)' fast-import --quiet < '\(stream)'")
        try await shell("git -C '\(bare)' ls-tree -r main | cut -d' ' -f3 | cut -f1 > '\(list)'")
        let read = "git -C '\(bare)' cat-file --batch < '\(list)' > /dev/null"
        let check = "'\(BuiltExecutable.path)' validate --repository '\(bare)' --revision main > /dev/null"
        // Deltas as fast-import made them, then as git chooses them itself, which pushed and collected repositories have.
        for (pack, repack) in [("deltas of fast-import", "-adq"), ("deltas of git", "-adfq")] {
            try await shell("git -C '\(bare)' repack \(repack)")
            try await compare(pack, [read, check], shell)
        }
    }

    /// Times git and the program in turns, and prints both with their ratio.
    private func compare(
        _ pack: String,
        _ commands: [String],
        _ shell: (String) async throws -> Void
    ) async throws {
        var times: [[Double]] = [[], []]
        for _ in 0...runs {
            for (index, command) in commands.enumerated() {
                let time = try await ContinuousClock().measure { try await shell(command) }
                times[index].append(time / .milliseconds(1))
            }
        }
        // The first of each warms the caches.
        let (git, ours) = (Array(times[0].dropFirst()), Array(times[1].dropFirst()))
        let ratio = median(zip(ours, git).map { $0 / $1 })
        Table.print(
            ["\(files) files, \(pack) (ms)", "p50", "p90", "p99", "max"],
            [
                ["git cat-file --batch"] + Table.percentiles(git),
                ["tfjob-admin validate --revision"] + Table.percentiles(ours),
            ]
        )
        print("ratio, run by run, the median: \(String(format: "%.2f", ratio)) (limit: 4)")
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// One commit as `git fast-import` takes it, <https://git-scm.com/docs/git-fast-import>.
    private func writeStream(to path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(
            contentsOf: Data("commit refs/heads/main\ncommitter Ann <ann@example.org> 1 +0000\ndata 1\nx\n".utf8)
        )
        for number in 0..<files {
            let text = Self.job(number)
            let name = "clusters/cluster-\(number % 4)/partitions/team-\(number / 4 % 25)/job-\(number).json"
            try file.write(contentsOf: Data("M 100644 inline \(name)\ndata \(text.utf8.count)\n\(text)\n".utf8))
        }
        try file.close()
    }

    private static func job(_ number: Int) -> String {
        """
        {
          "name": "sweep-\(number)",
          "description": "Point \(number) of the sweep over learning rates and batch sizes",
          "runtime": "Python_3.11+Tensorflow_2.21.0",
          "workdir": "/srv/sweeps/\(number % 97)",
          "bootfile": "train.py",
          "args": ["--learning-rate=0.\(number % 1000)", "--batch-size=\(number % 512)", "--seed=\(number)"],
          "environment": {"OMP_NUM_THREADS": "1", "SWEEP": "\(number)"},
          "checkpointDir": "/data/\(number)/checkpoints",
          "modelDir": "/data/\(number)/model",
          "replicas": [
            {"type": "worker", "count": "\(1 + number % 8)", "resource": {"cpu": "1.000", "memory": "2048Mi", "gpu": "0"}}
          ]
        }

        """
    }
}
