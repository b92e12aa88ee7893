import ArgumentParser
import Foundation
import TestSupport

/// How long a push takes until the code of its job runs, in a repository of many jobs.
struct StartBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Push → the job's own code runs, above the interpreter's own start."
    )

    @Option(help: "How many other jobs the repository has. They are suspended.")
    var jobs = 10_000

    @Option(help: "How many pushes to time.")
    var pushes = 50

    /// The first thing that the code of a job does is to note the time.
    private static let script = """
        import time
        now = time.time()
        import sys
        with open(sys.argv[1] + ".new", "w") as note:
            note.write("%f" % now)
        import os
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        """

    func run() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write(Self.script, to: "code/job.py")
        let text = JobText().with { $0.more = [#""runPolicy": {"suspend": true}"#] }.text
        for number in 0..<jobs {
            try repository.write(text, to: "clusters/default/partitions/many-\(number % 100)/job-\(number).json")
        }
        let commit = try await repository.publish("Add the jobs")
        let service = try await ServiceProcess(repository: repository.bare, in: folder)
        try await eventually("all jobs are carried out", within: .seconds(1800)) {
            try await Task.sleep(for: .seconds(1))
            return try await service.request("/api/ping").json.reconcile.lastApplied.text == commit
        }
        var samples: [Double] = []
        for number in 1...pushes {
            samples.append(try await timePush(number, folder, repository))
        }
        let own = try await timeInterpreter(folder, repository)
        Table.print(
            ["\(jobs) jobs in the repository (ms)", "p50", "p90", "p99", "max"],
            [
                ["push → the job's own code runs"] + Table.percentiles(samples),
                ["the interpreter's own start"] + Table.percentiles(own),
            ]
        )
        let above = own.sorted()[own.count / 2]
        Table.print(
            ["above the interpreter's own start (ms)", "p50", "p90", "p99", "max"],
            [["push → the job's own code runs"] + Table.percentiles(samples.map { $0 - above })]
        )
        try await service.stop()
    }

    private func timePush(_ number: Int, _ folder: TemporaryFolder, _ repository: JobsRepository) async throws -> Double
    {
        let note = folder.path("note-\(number)")
        let text = JobText().with { $0.args = [note] }.text
        try repository.write(text, to: "clusters/default/partitions/team-a/job-\(number).json")
        try await repository.publish("Push \(number)")
        let started = try await firstValue("job \(number) runs") { Self.time(in: note) }
        let reference = URL(fileURLWithPath: repository.bare + "/refs/heads/main")
        let pushed = try reference.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
        guard let pushed else { throw CocoaError(.fileReadUnknown) }
        return (started - pushed.timeIntervalSince1970) * 1000
    }

    /// From the call that starts the interpreter to the first line of the script.
    private func timeInterpreter(_ folder: TemporaryFolder, _ repository: JobsRepository) async throws -> [Double] {
        let script = "\(repository.clone)/code/job.py"
        var samples: [Double] = []
        for number in 0..<pushes {
            let note = folder.path("own-\(number)")
            let begin = Date().timeIntervalSince1970
            try await TestSupport.run([PythonVersion.path, script, note], in: folder.url.path)
            guard let time = Self.time(in: note) else { throw CocoaError(.fileReadUnknown) }
            samples.append((time - begin) * 1000)
        }
        return samples
    }

    private static func time(in note: String) -> Double? {
        (try? String(contentsOfFile: note, encoding: .utf8)).flatMap(Double.init)
    }
}
