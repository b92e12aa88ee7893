import Foundation
import TestSupport
import Testing

/// A service and a real training. The quickstart uses the same installation, because it takes minutes.
struct TensorFlowScene {
    /// The versions that the tests train with. The short form has the one that the quickstart installs.
    static let versions = Array(["2.21.0", "2.15.1"][sweep(1, full: 2)])

    let scene: Scene
    let service: ServiceProcess
    let version: String

    /// Starts a service.
    ///
    /// - Parameter version: the version of TensorFlow, which the service installs if it is missing.
    init(_ version: String) async throws {
        self.version = version
        scene = try await Scene()
        let python = try await Self.install(version)
        let configuration = scene.folder.path("config.yaml")
        let text = "runtimes: {provision: none, python: {\"\(PythonVersion.current)\": \"\(python)\"}}\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
        service = try await scene.serve(["--config", configuration])
    }

    /// Installs TensorFlow as the service does it, where the quickstart's service looks for it.
    ///
    /// - Returns: the path of the interpreter.
    static func install(_ version: String) async throws -> String {
        let runtimes = URL(fileURLWithPath: #filePath).appendingPathComponent(
            "../../../../.build-quickstart/state/local/runtimes"
        ).standardizedFileURL.path
        try FileManager.default.createDirectory(atPath: runtimes, withIntermediateDirectories: true)
        let runtime = "Python_\(PythonVersion.current)+Tensorflow_\(version)"
        let installation = try await Tool.run(
            ["provision", "--python", PythonVersion.path, "--runtime", runtime, runtimes],
            in: FileManager.default.temporaryDirectory.path
        )
        try #require(installation.code == 0, "\(installation.text)")
        return installation.text.trimmingCharacters(in: .newlines)
    }

    /// Puts a script of the tests into the folder `code` of the repository.
    func addScript(_ name: String) throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name)
        try scene.repository.write(String(contentsOf: url, encoding: .utf8), to: "code/\(name)")
    }

    /// Publishes the job `train`.
    func publish(_ bootfile: String, _ args: [String], _ replicas: [(type: String, count: Int)], suspend: Bool = false)
        async throws
    {
        var job = JobText()
        job.memory = "4Gi"
        job.runtime = "Python_\(PythonVersion.current)+Tensorflow_\(version)"
        (job.bootfile, job.args, job.replicas, job.restartPolicy) = (bootfile, args, replicas, "OnFailure")
        job.more = [
            #""checkpointDir": "\#(output)/checkpoints""#, #""modelDir": "\#(output)/model""#,
            #""environment": {"OMP_NUM_THREADS": "1"}"#, #""runPolicy": {"suspend": \#(suspend)}"#,
        ]
        try scene.repository.write(job.text, to: scene.path("train"))
        try await scene.repository.publish()
    }

    /// The folder that the training writes to.
    var output: String { scene.folder.path("output") }

    /// The log of a replica over all its attempts.
    func log(of replica: String, run: Int = 1) async throws -> String {
        let answer = try await service.request(
            "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/train/logs?replica=\(replica)&run=\(run)"
        )
        return answer.status == 200 ? String(decoding: answer.body, as: UTF8.self) : ""
    }

    /// Waits until the log of a replica contains a text.
    func waitForLog(_ text: String, of replica: String, run: Int = 1) async throws {
        try await eventually("\(replica) prints \"\(text)\"", within: .seconds(180)) {
            try await log(of: replica, run: run).contains(text)
        }
    }

    /// Waits until the job is in a phase. An installation and a training take minutes on a busy machine.
    @discardableResult
    func waitForPhase(_ phase: String, run: Int? = nil) async throws -> JSON {
        try await firstValue("the training is \(phase)", within: .seconds(900)) {
            guard let job = try await service.job("train") else { return nil }
            if job.status.phase.text == "failed", phase != "failed" {
                throw TrainingFailed(description: job.status.message.text ?? "")
            }
            return job.status.phase.text == phase && (run == nil || job.status.run.int == run) ? job : nil
        }
    }

    /// Sends a signal to the main process of a replica of run 1, in the newest attempt that has it.
    func signal(_ replica: String, _ signal: Int32) throws {
        let run = scene.folder.url.appendingPathComponent("state/local/runs/default/team-a/train/1")
        let records = (1...9).compactMap { attempt in
            try? Data(contentsOf: run.appendingPathComponent("attempt-\(attempt)/\(replica)/child.json"))
        }
        let record = try JSON(#require(records.last))
        #expect(kill(Int32(try #require(record.process.pid.int)), signal) == 0)
    }

    /// Waits until a message of the job contains a text.
    func waitForMessage(_ text: String) async throws {
        try await eventually("the message contains \"\(text)\"") {
            try await service.job("train")?.status.message.text?.contains(text) == true
        }
    }

    func end() async throws {
        try await scene.end(service)
    }
}

/// A training that failed while a test waited for another phase.
struct TrainingFailed: Error, CustomStringConvertible {
    let description: String
}
