import ArgumentParser
import Foundation
import TestSupport

/// What the files cost that are made to cost much: the whole process that reads, checks and shows one, its start included.
struct CostlyFilesBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costly",
        abstract: "The time and memory of tfjob-admin validate for files of 1 MiB that are made to cost much."
    )

    @Option(help: "How often each is timed; the longest counts.")
    var runs = 3

    /// Runs a command and prints its seconds and the most memory that it had, in kB.
    private static let script = """
        import os, subprocess, sys, time
        start = time.monotonic()
        child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
        usage = os.wait4(child.pid, 0)[2]
        print(time.monotonic() - start, usage.ru_maxrss)
        """

    func run() async throws {
        let folder = try TemporaryFolder()
        let path = "clusters/c/partitions/p/job.json"
        let file = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        var rows: [(name: String, seconds: Double, megabytes: Double)] = []
        for costly in CostlyFile.all {
            try Data(costly.bytes).write(to: file)
            var row = (name: costly.description, seconds: 0.0, megabytes: 0.0)
            for _ in 0..<runs {
                let output = try await TestSupport.run(
                    ["python3", "-c", Self.script, BuiltExecutable.path, "validate", path],
                    in: folder.url.path
                )
                let figures = output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
                guard figures.count == 2 else { throw ValidationError("no figures: \(output)") }
                row.seconds = max(row.seconds, figures[0])
                row.megabytes = max(row.megabytes, figures[1] / 1000)
            }
            rows.append(row)
        }
        Table.print(
            ["1 MiB of", "s", "MB"],
            rows.sorted { $0.seconds > $1.seconds }.map { row in
                [row.name, String(format: "%.2f", row.seconds), String(format: "%.0f", row.megabytes)]
            }
        )
        print("aim: at most 1 s and 100 MB each")
    }
}
